from django.apps import AppConfig


class AttestationConfig(AppConfig):
    name = "qorgan.centre.attestation"
    label = "attestation"
    verbose_name = "Аттестаттау · Аттестация"
