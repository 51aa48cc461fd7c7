from django.apps import AppConfig


class SchoolsConfig(AppConfig):
    name = "qorgan.centre.schools"
    label = "schools"
    verbose_name = "Білім беру ұйымдары · Организации образования"
