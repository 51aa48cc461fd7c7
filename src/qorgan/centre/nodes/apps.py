from django.apps import AppConfig


class NodesConfig(AppConfig):
    name = "qorgan.centre.nodes"
    label = "nodes"
    verbose_name = "Мектеп тораптары · Узлы школ"
