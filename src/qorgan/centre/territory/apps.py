from django.apps import AppConfig


class TerritoryConfig(AppConfig):
    name = "qorgan.centre.territory"
    label = "territory"
    verbose_name = "Аумақтар · Территории"
