from django.apps import AppConfig


class DrillsConfig(AppConfig):
    name = "qorgan.centre.drills"
    label = "drills"
    verbose_name = "Оқу-жаттығулар · Учения"
