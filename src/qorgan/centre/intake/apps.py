from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "qorgan.centre.intake"
    label = "intake"
    verbose_name = "Қабылдау · Приём"
