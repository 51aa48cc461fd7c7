from django.apps import AppConfig


class NormsConfig(AppConfig):
    name = "qorgan.centre.norms"
    label = "norms"
    verbose_name = "Нормалар · Нормы"
