"""The phrases that rules are told in, by language. Pure."""

from dataclasses import dataclass

from profiles.segments.tree import Measure, Op


@dataclass(frozen=True, slots=True)
class Phrases:
    """One language's building blocks; names in braces are filled in by `words`."""

    both: str
    either: str
    tests: str
    negated: str
    listed: str
    listed_last: str
    items: str
    fact: str
    no_value: str
    yes: str
    no: str
    comparisons: dict[Op, str]
    none_of: str
    measures: dict[Measure, str]
    order_measures: dict[Measure, str]
    event: str
    any_event: str
    where: str
    last_days: str
    from_to: str
    since: str
    until: str
    score: str
    score_band: str
    in_segment: str
    not_in_segment: str
    membership: str
    bucket: str
    bucket_of: str
    properties: dict[str, str]


ENGLISH = Phrases(
    both=" and ",
    either=" or ",
    tests=" and ",
    negated="not ({rule})",
    listed=", ",
    listed_last=" or ",
    items=", ",
    fact="{what}: {value}",
    no_value="not known",
    yes="yes",
    no="no",
    comparisons={
        Op.EQ: "{what} is {value}",
        Op.NE: "{what} is not {value}",
        Op.LT: "{what} is under {value}",
        Op.LE: "{what} is at most {value}",
        Op.GT: "{what} is over {value}",
        Op.GE: "{what} is at least {value}",
        Op.BETWEEN: "{what} is from {low} to {high}",
        Op.IN: "{what} is {value}",
        Op.NOT_IN: "{what} is not {value}",
        Op.CONTAINS: "{what} includes {value}",
        Op.EXISTS: "{what} is known",
        Op.MISSING: "{what} is not known",
        Op.WITHIN_LAST: "{what} is within the last {value} days",
        Op.BEFORE: "{what} is before {value}",
        Op.AFTER: "{what} is on or after {value}",
    },
    none_of="no {event}{where}{window}",
    measures={
        Measure.COUNT: "number of {event}{where}{window}",
        Measure.SUM: "amount of {event}{where}{window}",
        Measure.DISTINCT_DAYS: "number of days with {event}{where}{window}",
        Measure.LAST_DAYS_AGO: "days since the last of {event}{where}{window}",
    },
    order_measures={
        Measure.COUNT: "number of orders{where}{window}",
        Measure.SUM: "spend on orders{where}{window}",
        Measure.DISTINCT_DAYS: "number of days with orders{where}{window}",
        Measure.LAST_DAYS_AGO: "days since the last order{where}{window}",
    },
    event="“{name}” events",
    any_event="activities",
    where=" where {tests}",
    last_days=" in the last {days} days",
    from_to=" from {start} to {end}",
    since=" since {start}",
    until=" before {end}",
    score="score “{model}”",
    score_band="level of the score “{model}”",
    in_segment="in the segment “{segment}”",
    not_in_segment="not in the segment “{segment}”",
    membership="in the segment “{segment}”",
    bucket="in the share from {start} % to {end} % of “{salt}”",
    bucket_of="place in the shares of “{salt}”",
    properties={
        "product": "product",
        "department": "department",
        "product_category": "product category",
        "brand": "brand",
        "quantity": "quantity",
        "amount_minor": "amount",
    },
)

CHINESE = Phrases(
    both="，且",
    either="，或",
    tests="且",
    negated="不满足（{rule}）",
    listed="、",
    listed_last="或",
    items="、",
    fact="{what}：{value}",
    no_value="未知",
    yes="是",
    no="否",
    comparisons={
        Op.EQ: "{what}为 {value}",
        Op.NE: "{what}不为 {value}",
        Op.LT: "{what}小于 {value}",
        Op.LE: "{what}不超过 {value}",
        Op.GT: "{what}大于 {value}",
        Op.GE: "{what}至少为 {value}",
        Op.BETWEEN: "{what}在 {low} 到 {high} 之间",
        Op.IN: "{what}为 {value}",
        Op.NOT_IN: "{what}不为 {value}",
        Op.CONTAINS: "{what}包含 {value}",
        Op.EXISTS: "{what}已知",
        Op.MISSING: "{what}未知",
        Op.WITHIN_LAST: "{what}在最近 {value} 天内",
        Op.BEFORE: "{what}早于 {value}",
        Op.AFTER: "{what}不早于 {value}",
    },
    none_of="{window}没有{where}{event}",
    measures={
        Measure.COUNT: "{window}{where}{event}次数",
        Measure.SUM: "{window}{where}{event}金额",
        Measure.DISTINCT_DAYS: "{window}有{where}{event}的天数",
        Measure.LAST_DAYS_AGO: "距{window}最近一次{where}{event}的天数",
    },
    order_measures={
        Measure.COUNT: "{window}{where}订单数",
        Measure.SUM: "{window}{where}订单消费",
        Measure.DISTINCT_DAYS: "{window}有{where}订单的天数",
        Measure.LAST_DAYS_AGO: "距{window}最近一次{where}订单的天数",
    },
    event="“{name}”事件",
    any_event="活动",
    where="{tests}的",
    last_days="近 {days} 天内",
    from_to="{start} 至 {end} 期间",
    since="{start} 以来",
    until="{end} 之前",
    score="评分“{model}”",
    score_band="评分“{model}”的等级",
    in_segment="属于分群“{segment}”",
    not_in_segment="不属于分群“{segment}”",
    membership="属于分群“{segment}”",
    bucket="位于“{salt}”的 {start} % 到 {end} % 份额",
    bucket_of="在“{salt}”份额中的位置",
    properties={
        "product": "商品",
        "department": "部门",
        "product_category": "商品类别",
        "brand": "品牌",
        "quantity": "数量",
        "amount_minor": "金额",
    },
)

BY_LANGUAGE = {"en": ENGLISH, "zh-hans": CHINESE}
ORDERS = {"en": "orders", "zh-hans": "订单"}
