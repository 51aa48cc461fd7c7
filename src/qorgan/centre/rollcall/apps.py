from django.apps import AppConfig


class RollCallConfig(AppConfig):
    name = "qorgan.centre.rollcall"
    label = "rollcall"
    verbose_name = "Түгендеу · Перекличка"
