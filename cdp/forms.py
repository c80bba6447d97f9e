"""Forms drawn with our own parts; Django's widgets stay as they are."""

from typing import Any

from django.forms.renderers import DjangoTemplates, TemplatesSetting
from django.template import TemplateDoesNotExist

STOCK = DjangoTemplates()


class Renderer(TemplatesSetting):
    """Renders fields with `parts/field.html` and falls back to Django's own widget templates."""

    form_template_name = "parts/form.html"
    field_template_name = "parts/field.html"

    def get_template(self, template_name: str) -> Any:
        """Return our template of that name, else the stock one."""
        try:
            return super().get_template(template_name)
        except TemplateDoesNotExist:
            return STOCK.get_template(template_name)
