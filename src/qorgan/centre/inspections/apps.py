from django.apps import AppConfig


class InspectionsConfig(AppConfig):
    name = "qorgan.centre.inspections"
    label = "inspections"
    verbose_name = "Орнында тексеру · Проверки на месте"
