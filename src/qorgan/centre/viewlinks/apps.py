from django.apps import AppConfig


class ViewLinksConfig(AppConfig):
    name = "qorgan.centre.viewlinks"
    verbose_name = "сілтемелер · ссылки"
