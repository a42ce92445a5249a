"""What can happen to a ticket, as codes: steps, event types, ratings, reasons, results.

The Chinese names are those of the code lists (``dbt/seeds/code_lists``).
"""

from __future__ import annotations

ABSENT = -1
HOUR, MINUTE = 3600, 60

# Column of the time matrix. The order breaks ties between equal times.
STEPS = [
    "accept",
    "link",
    "dispatch",
    "sign",
    "return",
    "redispatch",
    "sign_2",
    "return_2",
    "redispatch_2",
    "sign_3",
    "first_contact",
    "suspend",
    "resume",
    "urge",
    "supervise",
    "extension",
    "handle",
    "close",
    "callback",
    "rate",
    "rate_again",
    "rework",
    "handle_2",
    "close_2",
    "fix",
    "callback_2",
    "rate_2",
    "review",
    "review_2",
    "archive",
    "edit",
]
AT = {name: i for i, name in enumerate(STEPS)}
EVENT_TYPES = {
    "accept": "受理",
    "instant_answer": "即时答复",
    "link_duplicate": "重复工单关联",
    "dispatch": "转办",
    "sign": "签收",
    "return": "退单",
    "redispatch": "重新派单",
    "first_contact": "先行联系",
    "suspend": "挂起",
    "resume": "恢复",
    "urge": "催办",
    "supervise": "督办",
    "extension": "延期",
    "handle": "办理",
    "close": "办结",
    "callback": "回访",
    "rate": "评价",
    "rework": "重办",
    "fix": "差评整改",
    "review": "复核",
    "archive": "归档",
}
_OTHERWISE = {"edit": "rate", "rate_again": "rate", "link": "link_duplicate"}
STEP_TYPE = [_OTHERWISE.get(s, s.removesuffix("_2").removesuffix("_3")) for s in STEPS]
"""Event type of each step."""
UNIT_STEPS = frozenset("sign return sign_2 return_2 sign_3 first_contact handle close handle_2 close_2 fix".split())  # noqa: SIM905
"""Steps that the unit takes; the centre takes the others."""

RATINGS = ["非常满意", "满意", "基本满意", "不满意", "非常不满意", "未评价"]
SATISFIED, DISSATISFIED, UNRATED = 1, 3, 5
CHANNELS = ["12328电话", "96199电话", "12345转办", "12319转办", "微信小程序", "网站", "来信"]
RESOLUTIONS = ["实际解决", "解释说明", "未解决"]
RESOLVED, EXPLAINED, UNRESOLVED = range(3)
COMPLEXITIES = ["一般", "复杂"]
RECORD_STATUSES = ["有效", "作废"]
UNSTATED, VALID, DELETED = -1, 0, 1
RETURN_REASONS = ["信息不完整", "非本单位职责", "管辖区域有误", "需其他单位办理", "无正当理由退单", "超期退单"]
INCOMPLETE, LATE_RETURN = 0, 5
RETURN_SHARES = (0.0, 0.42, 0.26, 0.20, 0.08, 0.04)
"""How often a ticket goes to another unit for each reason; what is incomplete comes back to the same one."""
REVIEW_RESULTS = ["通过", "未通过", "分类更正"]
PASSED, FAILED, RECLASSIFIED = range(3)
