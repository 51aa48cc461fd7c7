from django.apps import AppConfig


class DutyConfig(AppConfig):
    name = "qorgan.centre.duty"
    label = "duty"
    verbose_name = "Кезекшілік · Дежурство"
