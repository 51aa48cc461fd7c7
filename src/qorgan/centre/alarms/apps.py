from django.apps import AppConfig


class AlarmsConfig(AppConfig):
    name = "qorgan.centre.alarms"
    label = "alarms"
    verbose_name = "Дабылдар · Тревоги"
