from django.apps import AppConfig


class JournalsConfig(AppConfig):
    name = "qorgan.centre.journals"
    label = "journals"
    verbose_name = "Журналдар · Журналы"
