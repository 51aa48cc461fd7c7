from django.apps import AppConfig


class PlansConfig(AppConfig):
    name = "qorgan.centre.plans"
    label = "plans"
    verbose_name = "Жоспарлар · Планы"
