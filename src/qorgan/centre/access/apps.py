from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "qorgan.centre.access"
    label = "access"
    verbose_name = "Қол жеткізу · Доступ"
