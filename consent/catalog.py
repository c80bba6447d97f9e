"""
The shipped purposes: the code's catalogue, which the database must equal. Pure.

A bit is stable and never reused; a renamed purpose keeps its key. One job runs under exactly one
purpose, so a combination ("e-mail chosen by profiling") is a purpose of its own whose bit is folded
from what it `requires`. Source: consent reference, part 1; identifiers from the W3C Data Privacy
Vocabulary 2.3.
"""

from dataclasses import dataclass
from enum import StrEnum

from cdp.kernel.protected import Category
from cdp.kernel.roles import Role

C = Category
DPV = "https://w3id.org/dpv#"


class Basis(StrEnum):
    """Legal basis under GDPR Art. 6(1)."""

    CONSENT = "A6-1-a"
    CONTRACT = "A6-1-b"
    LEGAL_DUTY = "A6-1-c"
    LEGITIMATE_INTEREST = "A6-1-f"


@dataclass(frozen=True, slots=True)
class PurposeSpec:
    """One purpose as the code knows it. `folded` has no switch: it follows from `requires`."""

    bit: int
    key: str
    basis: Basis
    dpv: str
    categories: frozenset[Category]
    label: dict[str, str]
    plain_text: dict[str, str]
    channel: str = ""
    requires: tuple[str, ...] = ()
    folded: bool = False
    open: bool = True
    gpc_scope: bool = False
    age_gated: bool = False
    assessment_required: bool = False
    roles: tuple[Role, ...] = (Role.WORKER,)

    @property
    def mask(self) -> int:
        return 1 << self.bit

    @property
    def needs_consent(self) -> bool:
        return self.basis is Basis.CONSENT


# No refusal of a category clears these: the contract, the law and the person's own rights.
UNCONDITIONAL = frozenset({"service", "legal", "fraud", "rights", "support"})
# What survives a restriction of processing (GDPR Art. 18).
SURVIVE_RESTRICTION = frozenset({"legal", "rights"})

_EVERYTHING = frozenset(Category)
_KNOWN = frozenset({
    C.IDENTITY, C.PURCHASE, C.BROWSING, C.LOCATION, C.DEVICE, C.SOCIAL, C.DEMOGRAPHIC, C.MESSAGE,
    C.INFERRED, C.SEGMENT,
})  # fmt: skip
_REACH = frozenset({C.IDENTITY, C.CONTACT, C.MESSAGE, C.SEGMENT})
_INBOX = frozenset({C.IDENTITY, C.MESSAGE, C.SEGMENT})
_CARE = frozenset({C.IDENTITY, C.CONTACT, C.PURCHASE, C.MESSAGE})
_TASTE = frozenset({C.IDENTITY, C.PURCHASE, C.BROWSING, C.INFERRED})
_CHOSEN = frozenset({C.INFERRED, C.PURCHASE})
_WORK, _WEB = (Role.WORKER,), (Role.WORKER, Role.WEB)
_ALL = (Role.WORKER, Role.WEB, Role.API)


def _channel(
    bit: int,
    channel: str,
    label: tuple[str, str],
    address: tuple[str, str],
    reach: frozenset[Category],
) -> PurposeSpec:
    return PurposeSpec(
        bit,
        f"marketing.{channel}",
        Basis.CONSENT,
        DPV + "DirectMarketing",
        reach,
        {"en": label[0], "zh-hans": label[1]},
        {
            "en": f"We use {address[0]} and which messages you opened, to send you offers. "
            "Until you stop it.",
            "zh-hans": f"我们使用{address[1]}以及您打开过哪些消息，用于向您发送优惠信息，直到您停止为止。",
        },
        channel=channel,
        age_gated=True,
        roles=_WORK,
    )


def _personalized(
    bit: int, channel: str, label: tuple[str, str], reach: frozenset[Category]
) -> PurposeSpec:
    return PurposeSpec(
        bit,
        f"marketing.{channel}.personalized",
        Basis.CONSENT,
        DPV + "DirectMarketing",
        reach | _CHOSEN,
        {"en": label[0], "zh-hans": label[1]},
        {
            "en": "Messages may mention what you bought or like. On while both are on.",
            "zh-hans": "消息可以提及您购买或喜欢的内容。两项同时开启时才生效。",
        },
        channel=channel,
        requires=(f"marketing.{channel}", "profiling.segmentation"),
        folded=True,
        age_gated=True,
        assessment_required=True,
        roles=_WORK,
    )


CATALOG: tuple[PurposeSpec, ...] = (
    PurposeSpec(
        1, "service", Basis.CONTRACT, DPV + "RequestedServiceProvision", _CARE,
        {"en": "Your orders and account", "zh-hans": "订单与账户"},
        {"en": "We use your name, contact details and orders to deliver what you bought.",
         "zh-hans": "我们使用您的姓名、联系方式和订单来交付您购买的商品。"},
        roles=_ALL,
    ),
    PurposeSpec(
        2, "legal", Basis.LEGAL_DUTY, DPV + "LegalCompliance",
        frozenset({C.IDENTITY, C.CONTACT, C.PURCHASE}),
        {"en": "What the law demands", "zh-hans": "法律要求"},
        {"en": "We keep invoices and answer authorities as tax and trade law demand.",
         "zh-hans": "我们按照税法和商法的要求保存发票并答复主管机关。"},
        roles=(Role.WEB, Role.RIGHTS),
    ),
    PurposeSpec(
        3, "fraud", Basis.LEGITIMATE_INTEREST, DPV + "FraudPreventionAndDetection",
        frozenset({C.IDENTITY, C.CONTACT, C.PURCHASE, C.BROWSING, C.DEVICE}),
        {"en": "Protection against fraud", "zh-hans": "防范欺诈"},
        {"en": "We look for stolen cards and false orders, to protect you and us.",
         "zh-hans": "我们识别被盗的银行卡和虚假订单，以保护您和我们。"},
        roles=_ALL,
    ),
    PurposeSpec(
        4, "analytics.aggregate", Basis.LEGITIMATE_INTEREST, DPV + "ServiceUsageAnalytics",
        frozenset({C.IDENTITY, C.PURCHASE, C.BROWSING, C.DEVICE, C.DEMOGRAPHIC, C.MESSAGE}),
        {"en": "Statistics about all customers", "zh-hans": "整体统计"},
        {"en": "We count orders and visits of all customers together; nobody is looked at alone.",
         "zh-hans": "我们汇总统计所有客户的订单和访问，不单独查看任何个人。"},
        roles=_ALL,
    ),
    _channel(5, "email", ("Marketing by e-mail", "电子邮件营销"),
             ("your e-mail address", "您的电子邮箱"), _REACH),
    _channel(6, "sms", ("Marketing by SMS", "短信营销"), ("your phone number", "您的手机号码"), _REACH),
    _channel(7, "push", ("Marketing by push message", "推送营销"),
             ("your device's push address", "您设备的推送地址"), _REACH | {C.DEVICE}),
    PurposeSpec(
        8, "profiling.segmentation", Basis.CONSENT, DPV + "Personalisation", _KNOWN,
        {"en": "Groups and interests", "zh-hans": "分群与兴趣"},
        {"en": "We sort customers into groups by what they buy and like, such as “frequent "
               "customers”.",
         "zh-hans": "我们根据客户的购买和喜好将其划分为不同群组，例如“常客”。"},
        age_gated=True, assessment_required=True, roles=_ALL,
    ),
    PurposeSpec(
        9, "profiling.scoring", Basis.CONSENT, DPV + "Personalisation", _KNOWN,
        {"en": "Predictions about you", "zh-hans": "对您的预测"},
        {"en": "We estimate how likely you are to use a coupon or to leave. It never changes your "
               "price.",
         "zh-hans": "我们估计您使用优惠券或流失的可能性。这绝不会改变您的价格。"},
        age_gated=True, assessment_required=True, roles=_ALL,
    ),
    PurposeSpec(
        10, "recommend", Basis.CONSENT, DPV + "ProvideProductRecommendations", _TASTE,
        {"en": "Personal recommendations", "zh-hans": "个性化推荐"},
        {"en": "We suggest products by what you bought and looked at.",
         "zh-hans": "我们根据您购买和浏览过的商品进行推荐。"},
        age_gated=True, assessment_required=True, roles=_ALL,
    ),
    PurposeSpec(
        11, "pricing.personal", Basis.CONSENT, DPV + "PersonalisedBenefits",
        frozenset({C.IDENTITY, C.PURCHASE, C.INFERRED, C.SEGMENT}),
        {"en": "Personal prices", "zh-hans": "个性化价格"},
        {"en": "Not in use: nobody gets a price of their own.",
         "zh-hans": "未启用：没有人会得到不同的个人价格。"},
        requires=("profiling.scoring",), open=False, age_gated=True, assessment_required=True,
    ),
    PurposeSpec(
        12, "share.audience_export", Basis.CONSENT, DPV + "TargetedAdvertising",
        frozenset({C.IDENTITY, C.CONTACT, C.SEGMENT}),
        {"en": "Sharing with advertising companies", "zh-hans": "与广告公司共享"},
        {"en": "Not in use: we give no list of customers to advertising companies.",
         "zh-hans": "未启用：我们不向广告公司提供客户名单。"},
        requires=("profiling.segmentation",), open=False, gpc_scope=True, age_gated=True,
        assessment_required=True,
    ),
    PurposeSpec(
        13, "share.sale", Basis.CONSENT, DPV + "SellDataToThirdParties", frozenset(),
        {"en": "Selling data", "zh-hans": "出售数据"},
        {"en": "Not in use: we sell no data.", "zh-hans": "未启用：我们不出售数据。"},
        open=False, gpc_scope=True, age_gated=True, assessment_required=True,
    ),
    PurposeSpec(
        14, "train_model", Basis.CONSENT, DPV + "ImproveExistingProductsAndServices", _KNOWN,
        {"en": "Improving our predictions", "zh-hans": "改进预测模型"},
        {"en": "Your past orders are examples that our models learn from. Models are trained anew "
               "each month.",
         "zh-hans": "您过去的订单会作为模型学习的样本。模型每月重新训练。"},
        age_gated=True, assessment_required=True,
    ),
    _personalized(15, "email", ("E-mail chosen for you", "为您挑选的邮件"), _REACH),
    PurposeSpec(
        16, "research.dp", Basis.LEGITIMATE_INTEREST, DPV + "CommercialResearch",
        frozenset({C.IDENTITY, C.PURCHASE, C.DEMOGRAPHIC}),
        {"en": "Published numbers with added noise", "zh-hans": "加噪后的公开统计"},
        {"en": "We publish totals with noise added, so that nobody can be found in them.",
         "zh-hans": "我们公布经过加噪处理的总数，任何人都无法从中被识别。"},
        age_gated=True, assessment_required=True,
    ),
    PurposeSpec(
        17, "rights", Basis.LEGAL_DUTY, DPV + "RightsFulfilment", _EVERYTHING,
        {"en": "Your own requests", "zh-hans": "您的权利请求"},
        {"en": "We read your data to answer your requests about it.",
         "zh-hans": "为答复您的请求，我们会读取您的数据。"},
        roles=(Role.RIGHTS,),
    ),
    PurposeSpec(
        18, "support", Basis.CONTRACT, DPV + "CommunicationForCustomerCare", _CARE,
        {"en": "Customer care", "zh-hans": "客户服务"},
        {"en": "When you ask us for help, our staff looks at your orders and contact details.",
         "zh-hans": "当您寻求帮助时，我们的员工会查看您的订单和联系方式。"},
        roles=(Role.WEB,),
    ),
    _personalized(19, "sms", ("SMS chosen for you", "为您挑选的短信"), _REACH),
    _personalized(20, "push", ("Push messages chosen for you", "为您挑选的推送"), _REACH | {C.DEVICE}),
    _channel(21, "inbox", ("Messages on our site", "站内消息营销"), ("your account", "您的账户"), _INBOX),
    _personalized(22, "inbox", ("Site messages chosen for you", "为您挑选的站内消息"), _INBOX),
    PurposeSpec(
        23, "location.geofence", Basis.CONSENT, DPV + "DirectMarketing",
        frozenset({C.IDENTITY, C.LOCATION}),
        {"en": "Offers near you", "zh-hans": "附近优惠"},
        {"en": "We use where you are now to tell you about offers nearby.",
         "zh-hans": "我们使用您当前的位置来告知附近的优惠。"},
        age_gated=True, assessment_required=True,
    ),
    PurposeSpec(
        24, "train_model.scoring", Basis.CONSENT, DPV + "ImproveExistingProductsAndServices",
        _KNOWN,
        {"en": "Training our prediction models", "zh-hans": "训练预测模型"},
        {"en": "On while predictions and improving them are both on.",
         "zh-hans": "“对您的预测”和“改进预测模型”同时开启时才生效。"},
        requires=("train_model", "profiling.scoring"), folded=True, age_gated=True,
        assessment_required=True,
    ),
    PurposeSpec(
        25, "train_model.recommend", Basis.CONSENT, DPV + "ImproveExistingProductsAndServices",
        _TASTE,
        {"en": "Training our recommendations", "zh-hans": "训练推荐模型"},
        {"en": "On while recommendations and improving them are both on.",
         "zh-hans": "“个性化推荐”和“改进预测模型”同时开启时才生效。"},
        requires=("train_model", "recommend"), folded=True, age_gated=True,
        assessment_required=True,
    ),
    PurposeSpec(
        26, "profiling.sensitive.gender", Basis.CONSENT, DPV + "Profiling",
        frozenset({C.IDENTITY, C.PURCHASE, C.BROWSING}),
        {"en": "Guessing gender", "zh-hans": "推断性别"},
        {"en": "Not in use: we do not guess anybody's gender.",
         "zh-hans": "未启用：我们不推断任何人的性别。"},
        requires=("profiling.segmentation",), open=False, age_gated=True,
        assessment_required=True,
    ),
    PurposeSpec(
        27, "operations", Basis.CONTRACT, DPV + "ServiceProvision", _EVERYTHING,
        {"en": "Running this system", "zh-hans": "系统运行"},
        {"en": "Exports for our own systems and checks that the data are right.",
         "zh-hans": "向我们自己的系统导出数据，并检查数据是否正确。"},
    ),
    PurposeSpec(
        28, "identity.match", Basis.CONSENT, DPV + "IdentityVerification",
        frozenset({C.IDENTITY, C.CONTACT}),
        {"en": "Finding double records", "zh-hans": "查找重复档案"},
        {"en": "We compare contact details to see whether two records are the same person.",
         "zh-hans": "我们比对联系方式，判断两份档案是否属于同一个人。"},
        age_gated=True, assessment_required=True,
    ),
    _channel(29, "webhook", ("Offers through partner apps", "合作应用优惠"),
             ("your address in a partner's app", "您在合作应用中的地址"), _REACH),
    _channel(30, "wechat", ("Marketing by WeChat", "微信营销"), ("your WeChat id", "您的微信号"), _REACH),
    _personalized(31, "webhook", ("Partner app offers chosen for you", "为您挑选的合作应用优惠"), _REACH),
    _personalized(32, "wechat", ("WeChat messages chosen for you", "为您挑选的微信消息"), _REACH),
)  # fmt: skip

BY_KEY: dict[str, PurposeSpec] = {spec.key: spec for spec in CATALOG}
