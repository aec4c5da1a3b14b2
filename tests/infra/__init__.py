"""infra/template.yaml, deployed into moto."""
