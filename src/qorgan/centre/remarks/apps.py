from django.apps import AppConfig


class RemarksConfig(AppConfig):
    name = "qorgan.centre.remarks"
    label = "remarks"
    verbose_name = "Ескертулер · Замечания"
