from django.apps import AppConfig


class QualityConfig(AppConfig):
    name = "qorgan.centre.quality"
    label = "quality"
    verbose_name = "Кескін сапасы · Качество изображения"
