from django.apps import AppConfig


class SupervisionConfig(AppConfig):
    name = "qorgan.centre.supervision"
    label = "supervision"
    verbose_name = "Қадағалау · Контроль исправности"
