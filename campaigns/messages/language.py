"""
The template language: Liquid, locked down. Pure.

Templates are written by operators and rendered with people's data, so a template can do little:
no files, no includes, no attribute access, no way to switch escaping off, a short list of tags and
filters, and limits on loops, output and memory. Values are never parsed as templates.
Source: Liquid reference by Shopify; limits of the hardening reference, part 4.7.
"""

from functools import lru_cache

from liquid import BoundTemplate, Environment
from liquid.exceptions import LiquidError, ResourceLimitError, UndefinedError
from liquid.undefined import FalsyStrictUndefined

from cdp.kernel.errors import CdpError

MAX_SOURCE_CHARACTERS = 20_000
TAGS = frozenset({
    "if", "unless", "case", "for", "break", "continue", "assign", "echo", "comment", "raw", "#",
    "illegal", "output", "content",
})  # fmt: skip
# None that multiplies text (replace, join, times), reads a clock (date) or unescapes (safe).
FILTERS = frozenset({
    "append", "capitalize", "default", "downcase", "first", "last", "lstrip", "minus", "plus",
    "prepend", "round", "rstrip", "size", "strip", "truncate", "truncatewords", "upcase",
})  # fmt: skip


class TemplateRefused(CdpError):
    """A template is not well formed, or does what no template may do."""

    code = "template_refused"


class ValueMissing(CdpError):
    """A template shows a variable that has no value here and gives no fallback."""

    code = "value_missing"


class _Missing(FalsyStrictUndefined):
    """An absent value: false in a condition, replaced by `default`, an error when shown."""

    force_liquid_default = True


class Language(Environment):
    """Liquid with limits; every one of them is off by default."""

    context_depth_limit = 10
    block_nesting_limit = 10
    loop_iteration_limit = 1_000
    local_namespace_limit = 20_000
    output_stream_limit = 200_000

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """Keep the listed tags and filters and nothing else."""
        super().setup_tags_and_filters(extra=False)
        self.tags = {name: tag for name, tag in self.tags.items() if name in TAGS}
        self.filters = {name: call for name, call in self.filters.items() if name in FILTERS}


# Messages are plain text; the HTML part is made from the finished text, which is escaped as a
# whole (`messages.render`). Escaping values here as well would show `&amp;` in the text part.
_LANGUAGE = Language(undefined=_Missing, strict_filters=True, autoescape=False)


@lru_cache(maxsize=256)
def parse(source: str) -> BoundTemplate:
    """
    Return the parsed template.

    :raises TemplateRefused: too long, malformed, or uses a tag or filter that is not allowed
    """
    if len(source) > MAX_SOURCE_CHARACTERS:
        raise TemplateRefused(f"A template has at most {MAX_SOURCE_CHARACTERS} characters.")
    try:
        return _LANGUAGE.parse(source)
    except LiquidError as fault:
        raise TemplateRefused(f"{fault.message} ({_place(fault)})") from None


def variables(source: str) -> frozenset[str]:
    """
    Return the names that the template expects to be given.

    :raises TemplateRefused: see `parse`; an unknown filter; a look inside a value (`a.b`)
    """
    found = parse(source).analyze()
    if unknown := sorted(found.filters.keys() - FILTERS):
        raise TemplateRefused("There is no filter “" + "”, “".join(unknown) + "”.")
    for uses in found.globals.values():
        for use in uses:
            if len(use.segments) > 1:
                raise TemplateRefused(f"“{use}” looks inside a value. Name a variable alone.")
    return frozenset(found.globals)


def fill(source: str, values: dict[str, object]) -> str:
    """
    Return the template with `values` put in; a missing one is an error unless it has a fallback.

    :raises TemplateRefused: malformed, or stopped by a limit
    :raises ValueMissing: a value that is not there is shown without a fallback
    """
    try:
        return parse(source).render(**values)
    except UndefinedError as fault:
        name = str(fault.message).partition("'")[2].partition("'")[0] or "variable"
        raise ValueMissing(
            f"“{name}” may be unknown for some people. Give it a fallback: "
            f'{{{{ {name} | default: "…" }}}}',
            variable=name,
        ) from None
    except ResourceLimitError:
        raise TemplateRefused("The template does too much work or writes too much.") from None
    except LiquidError as fault:  # a filter's text may quote a value
        raise TemplateRefused(f"The template failed ({_place(fault)}).") from None


def _place(fault: LiquidError) -> str:
    found = fault.context()
    return f"line {found[0]}, column {found[1] + 1}" if found else "at its end"
