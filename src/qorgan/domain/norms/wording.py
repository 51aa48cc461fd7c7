"""Expressions, verdicts and explanations in words, in Kazakh, Russian and English. For terminals and papers."""

from collections.abc import Iterator, Mapping

from qorgan.domain.norms.expressions import (
    AllOf,
    AnyOf,
    Compare,
    Every,
    Exists,
    Expression,
    Not,
    NotPassed,
    Within,
)
from qorgan.domain.norms.types import Explanation, Fact, Parameter, Reason, Verdict, Vocabulary

LANGUAGES = ("kk", "ru", "en")
_SIGNS = {
    "is": "=",
    "is_not": "≠",
    "one_of": "∈",
    "at_least": "≥",
    "at_most": "≤",
    "more_than": ">",
    "less_than": "<",
}
_WORDS: Mapping[str, tuple[str, str, str]] = {
    "and": ("және", "и", "and"),
    "or": ("немесе", "или", "or"),
    "not": ("емес", "не", "not"),
    "where": ("мұнда", "где", "where"),
    "true": ("иә", "да", "yes"),
    "false": ("жоқ", "нет", "no"),
    "within": ("мерзімінде", "в срок", "within"),
    "after": ("кейін:", "после:", "after:"),
    "not_passed": ("мерзімі өтпеген", "срок не истёк", "not over"),
    "exists": ("бар", "есть", "is there"),
    "nobody_knows": ("ешкім білмейді", "никто не знает", "nobody knows"),
    "expired": ("ескірген", "устарело", "expired"),
    "none": ("жоқ", "нет", "there is none"),
    "pending": ("мерзімі әлі өтпеген", "срок ещё идёт", "still in time"),
    "parameter_unknown": ("норманың саны белгісіз", "число нормы неизвестно", "the number of the norm is not known"),
    "not_listed": ("тізімі жоқ", "перечня нет", "never listed"),
    "holding": ("орындалған", "выполнено", "hold"),
    "failing": ("орындалмаған", "не выполнено", "fail"),
    "unknown_count": ("белгісіз", "неизвестно", "not known"),
    "gate": ("шешуші талап", "решающее требование", "a gate"),
    "site_by_gates": ("ұйым шешуші талаптар бойынша", "организация по решающим требованиям", "the site by its gates"),
    "clause": ("тармақ", "пункт", "clause"),
    "compliant": ("сай", "соответствует", "compliant"),
    "partly": ("ішінара сай", "соответствует частично", "partly compliant"),
    "not_compliant": ("сай емес", "не соответствует", "not compliant"),
    "not_applicable": ("қолданылмайды", "не применяется", "not applicable"),
    "unknown": ("белгісіз", "неизвестно", "unknown"),
    "verified": ("мәтіннен тексерілген", "проверено по тексту", "verified"),
    "digest": ("шолудан", "по обзору", "from a digest"),
    "statement": ("мәлімдемеден", "по заявлению", "from a statement"),
    "assumed": ("жорамал", "предположение", "assumed"),
}
_MARKS = {True: "+", False: "-", None: "?"}


class Wording:
    """Says things in one language; facts by their titles."""

    def __init__(self, vocabulary: Vocabulary, facts: Mapping[str, Fact], language: str) -> None:
        self._language, self._place = language, LANGUAGES.index(language)
        self._facts = {**vocabulary.facts, **facts}
        self._collections = vocabulary.collections

    def word(self, name: str) -> str:
        """A word of the closed set."""
        return _WORDS[name][self._place]

    def fact(self, name: str) -> str:
        """A fact's title, with the name that packs use."""
        found = self._facts.get(name)
        return f"{found.title.in_language(self._language)} ({name})" if found else name

    def collection(self, name: str) -> str:
        """What a site has several of."""
        found = self._collections.get(name)
        return found.in_language(self._language) if found else name

    def sentence(self, one: Expression) -> str:
        """An expression on one line."""
        if isinstance(one, (AllOf, AnyOf)):
            glue = f" {self.word('and' if isinstance(one, AllOf) else 'or')} "
            return "(" + glue.join(self.sentence(part) for part in one.parts) + ")"
        if isinstance(one, Not):
            return f"{self.word('not')} ({self.sentence(one.part)})"
        if isinstance(one, Compare):
            return f"{self.fact(one.fact)} {_SIGNS[one.op]} {self._limit(one)}"
        if isinstance(one, Within):
            after = f" {self.word('after')} {self.fact(one.after)}" if one.after else ""
            return f"{self.fact(one.fact)}: {self.word('within')} {one.term or one.parameter}{after}"
        if isinstance(one, (NotPassed, Exists)):
            return f"{self.fact(one.fact)}: {self.word('not_passed' if isinstance(one, NotPassed) else 'exists')}"
        where = f" {self.word('where')} {self.sentence(one.where)}" if one.where is not None else ""
        if isinstance(one, Every):
            how = one.share_parameter or f"{100 * one.share:g} %"
            return f"{how}: {self.collection(one.collection)}{where}: {self.sentence(one.holds)}"
        how = one.count_parameter or str(one.at_least)
        return f"≥ {how}: {self.collection(one.collection)}{where}: {self.sentence(one.holds)}"

    def parameter(self, one: Parameter) -> str:
        """A parameter's value."""
        if one.value is None:
            return self.word("parameter_unknown")
        return ", ".join(one.value) if isinstance(one.value, tuple) else str(one.value)

    def verdict(self, one: Verdict) -> str:
        """A verdict."""
        return self.word("not_compliant" if one is Verdict.NOT else str(one))

    def story(self, one: Explanation) -> Iterator[str]:
        """An explanation, line by line."""
        gate = f" ({self.word('gate')})" if one.gate else ""
        yield f"{one.requirement} v{one.version}: {self.verdict(one.verdict)}{gate}"
        for provision in one.provisions:
            text = provision.text.in_language(self._language)
            status = self.word(provision.status)
            yield f"  {self.word('clause')} {provision.act} {provision.paragraph} [{status}]: {text}"
            yield f"    {provision.source}"
        for part in (one.applies, one.check, one.partly if one.verdict == "partly" else None):
            if part is not None:
                yield from self._reason(part, 1)

    def _reason(self, one: Reason, depth: int) -> Iterator[str]:
        yield f"{'  ' * depth}{_MARKS[one.holds]} {self._said(one)}"
        for part in one.parts:
            yield from self._reason(part, depth + 1)

    def _said(self, one: Reason) -> str:
        if one.says in ("all", "any", "not"):
            return {"all": self.word("and"), "any": self.word("or"), "not": self.word("not")}[one.says]
        if one.says in ("every", "some"):
            return self._counted(one)
        limit = "" if one.limit is None else f" {self._asked(one)} {self._plain(one.limit)}"
        unit = f" {one.unit}" if one.unit else ""
        due = f" → {one.due_on.isoformat()}" if one.due_on else ""
        return f"{self.fact(one.fact)}{limit}{unit if limit else ''}{due}: {self._state(one)}"

    def _asked(self, one: Reason) -> str:
        return _SIGNS[one.compare] if one.compare in _SIGNS else self.word(one.compare)

    def _counted(self, one: Reason) -> str:
        sign = f"{100 * float(one.limit):g} %" if one.says == "every" and isinstance(one.limit, float) else one.limit
        names = f" [{', '.join(one.subjects)}]" if one.subjects else ""
        said = f"{self.word('holding')} {one.holding}, {self.word('failing')} {one.failing}"
        state = f"; {self.word(one.state)}" if one.state in ("not_listed", "parameter_unknown") else ""
        unknown = f"{self.word('unknown_count')} {one.unknown}"
        return f"{self.collection(one.collection)} ≥ {sign}: {said}, {unknown}{state}{names}"

    def _state(self, one: Reason) -> str:
        if one.state == "known":
            seen = f" ({one.observed_at:%Y-%m-%d %H:%M} UTC)" if one.observed_at else ""
            return f"{self._plain(one.value)}{f' {one.unit}' if one.unit else ''}{seen}"
        if one.state == "missing":
            return self.word("nobody_knows")
        return self.word(one.state)

    def _limit(self, one: Compare) -> str:
        if one.limit.parameter:
            return f"«{one.limit.parameter}»"
        return f"{self._plain(one.limit.value)}{f' {one.limit.unit}' if one.limit.unit else ''}"

    def _plain(self, value: object) -> str:
        if isinstance(value, bool):
            return self.word("true" if value else "false")
        return ", ".join(value) if isinstance(value, tuple) else str(value)
