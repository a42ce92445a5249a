"""Chinese request and closing texts, composed from slots; names of people and companies are invented.

A text is a chain of slots: opening, place, subject, sub-category, detail with numbers, demand. Every slot is a code
into ``PHRASES``, so that a block of texts is drawn with a few array operations and put together by the CSV writer.
Phone numbers use the prefixes 160 and 161, which no carrier was given; identity numbers use the area 219900, which
does not exist; companies are called 示例 (example).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hotline.simulate.catalog import CATEGORIES

PHRASES: list[str] = [""]
"""All phrases of all slots; code 0 is the empty one."""


@dataclass(frozen=True)
class Slot:
    """A run of phrases: a draw picks one of them."""

    start: int
    length: int

    @classmethod
    def of(cls, phrases: str | list[str]) -> Slot:
        listed = phrases.split("/") if isinstance(phrases, str) else phrases
        start = len(PHRASES)
        PHRASES.extend(listed)
        return cls(start, len(listed))

    def draw(self, rng: np.random.Generator, count: int) -> np.ndarray:
        return self.start + rng.integers(0, self.length, count)


def draw_by(slots: list[Slot], key: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One phrase for each entry of ``key`` from the slot that ``key`` points to."""
    starts = np.array([s.start for s in slots])
    lengths = np.array([s.length for s in slots])
    return starts[key] + (rng.random(key.size) * lengths[key]).astype(np.int64)


_FAMILY_WORDS = (
    ("condition", "路况 恶劣天气 出行路线 通行时间 养护施工 隧道 桥梁"),
    ("etc", "ETC 通行卡 移动支付 通行费 发票"),
    ("taxi", "巡游 非法营运 出租汽车经营权"),
    ("ride", "网络预约 合乘"),
    ("bus", "公共汽电车 轨道 公交卡 停车接驳 机场巴士"),
    ("bike", "自行车"),
    ("station", "客运汽车站 班线 包车 铁路 水路 港口 机场 航班 民航 船舶"),
    ("training", "驾驶员培训"),
    ("freight", "货运 货物 货车 超限 大件 危险 集装箱 农机 绿色通道 称重"),
    ("repair", "维修 检测 租赁"),
    ("postal", "快递 邮政"),
    ("service_area", "服务区 收费站 收费人员 清障 加油"),
)
FAMILIES = [name for name, _ in _FAMILY_WORDS] + ["general"]


def family_of(category: str) -> str:
    """The group of categories that shares subjects and details."""
    for family, words in _FAMILY_WORDS:
        if any(word in category for word in words.split()):
            return family
    return "general"


FAMILY_OF = {c.name: FAMILIES.index(family_of(c.name)) for c in CATEGORIES}

ROADS = Slot.of(
    "G1京哈高速/G15沈海高速/G16丹锡高速/G11鹤大高速/G25长深高速/G91辽中环线/G1113丹阜高速/G1212沈吉高速/S18本桓高速/"
    "S19庄盖高速/S21阜营高速/S22新鲁高速/S14辽开高速/S17沈彰高速/S20灯辽高速/G4513奈营高速/G2511新鲁高速/G1501绕城高速"
)
HEADINGS = Slot.of(
    "沈阳方向/大连方向/长春方向/锦州方向/丹东方向/营口方向/北京方向/哈尔滨方向/阜新方向/朝阳方向/盘锦方向/双向"
)
PLACES = Slot.of(
    "火车站/客运站/人民广场/中心医院/体育馆/大学城/步行街/会展中心/机场路/政务服务中心/开发区管委会/解放路/建设大街/"
    "中山路/和平街/光明小区/新华市场/滨河公园/图书馆/市民中心/北站出站口/南站落客区/长江路/黄河大街/工业园区/批发市场/"
    "妇婴医院/第二中学/文化宫/博物馆/动物园/科技馆/幸福家园/青年大街/民主广场/友谊商场/胜利路/红旗大街/迎宾路/东城新区"
)
CALL_OPENINGS = Slot.of(
    "来电咨询/司机咨询/群众询问/车主询问/用户咨询/出行人询问/来电人想了解/咨询人询问/请问/拟出行咨询"
)
DISPATCH_OPENINGS = {
    "complaint": Slot.of(
        "市民反映/来电人投诉/群众举报/乘客投诉/诉求人反映/来电反映/市民来电称/乘客来电反映/诉求人来电投诉/群众来电称"
    ),
    "consultation": Slot.of("诉求人咨询/来电人咨询需核实/市民咨询/车主来电咨询/用户询问/群众咨询后续"),
    "suggestion": Slot.of("市民建议/群众提出/来电人希望/诉求人建议/司机建议/乘客提议/热心市民建议"),
    "other": Slot.of("来电人表示/诉求人来电/群众来电/市民来电/来电人留言"),
}
CONSULT_SUBJECTS = [
    Slot.of(listed)
    for listed in (
        "目前/现在/今天/今晚/明早/近期/节假日期间/返程时段",
        "办理/账户/本人车辆/单位车辆/新购车辆/手机端/银行网点/上月",
        "出租车/乘坐出租车/出租车司机/昨日乘车/刚才乘车/机场出租车",
        "网约车/平台订单/昨日订单/线上叫车/网约车司机",
        "公交/换乘/早高峰/周末/老年人乘车/学生乘车/新开线路",
        "共享单车/骑行/还车/停放点",
        "车站/购票/班次/节前出行/携带儿童/团体出行/首班",
        "学车/驾校报名/培训学时/异地学员",
        "货车/运输车辆/空车返回/重载车辆/集装箱车辆/冷藏车",
        "修车/检测/租车/保养/过户车辆",
        "快件/邮件/包裹/挂号信",
        "服务区/收费站/前方站点/车辆故障/夜间停留/带老人出行",
        "本地/单位/个人/企业/外地车辆/乡镇/村里",
    )
]
COMPLAINT_SUBJECTS = [
    Slot.of(listed)
    for listed in (
        "路段通行存在/标志提示方面存在/施工组织存在/信息发布存在",
        "扣费方面存在/设备使用存在/网点办理存在/客服答复存在",
        "早高峰乘坐出租车遇到/返程乘坐出租车遇到/就医乘坐出租车遇到/路边扬招出租车遇到/"
        "站前排队上车后遇到/深夜打车遇到/雨天打车遇到/带行李乘车遇到",
        "线上叫车遇到/在手机上下单遇到/拼车订单遇到/夜间订单遇到/预约订单遇到/接机订单遇到",
        "乘坐8路公交遇到/乘坐16路公交遇到/乘坐快线遇到/末班车遇到/首班车遇到/早高峰乘车遇到/换乘时遇到",
        "示例单车停放存在/示例单车车辆存在/还车后仍计费，涉及",
        "候车时遇到/检票时遇到/窗口购票遇到/乘坐班车遇到/退票时遇到",
        "在驾校学车遇到/在驾校报名后遇到/在驾校练车遇到/驾校合同涉及",
        "委托货运公司运输涉及/货运车辆存在/物流园区存在/配载运输涉及",
        "在示例汽修厂修车遇到/在示例检测站验车遇到/租用示例公司车辆遇到",
        "示例快递网点存在/示例快递派送存在/寄送物品遇到",
        "停车休息时遇到/过站时遇到/就餐时遇到/等候救援时遇到",
        "附近道路存在/单位办事遇到/出行时遇到/周边施工存在",
    )
]
DETAILS = [
    Slot.of(listed)
    for listed in (
        "，车流较大/，前方缓行/，有大雾提示/，已排队等候/，导航提示绕行/，客车能否通行/，货车能否通行/，何时恢复",
        "，账单有疑问/，设备灯不亮/，卡片无法读取/，已在线提交/，提示余额不足/，需打印凭证/，绑定银行卡/，更换手机号",
        "，未按计价器收费/，态度生硬/，记得车身颜色/，保留发票/，车内有异味/，绕行距离明显/，中途要求下车/，行李未取",
        "，订单已截图/，客服未回电/，司机要求加价/，车牌与平台不符/，取消后仍扣费/，路线偏离/，录音可提供/，多次沟通无果",
        "，等候时间较长/，未停靠站台/，车门夹到衣物/，刷卡未成功/，车内拥挤/，站牌信息有误/，驾驶急刹/，空调未开",
        "，占用盲道/，车锁无法打开/，押金未退/，堆放影响通行",
        "，窗口排队较长/，班次临时取消/，行李超重/，儿童票问题/，候车室较冷/，广播不清/，退款未到账/，临时改签",
        "，合同约定不一致/，约不上车/，更换教练/，已缴纳全部费用/，拖延退款/，学时未上传/，考试未安排",
        "，货物受损/，运费未结清/，装载超高/，车辆停放占道/，等待过磅/，证件不齐/，司机沟通不畅/，延误交付",
        "，更换配件未告知/，价格高于报价/，故障未排除/，重复收费/，排队时间过长",
        "，多日未更新/，未电话通知/，外包装破损/，错投他处/，要求到站自取",
        "，卫生间排队/，充电车位被占/，灯光较暗/，价格偏高/，车道关闭/，等候拖车/，饮水设备故障",
        "，路面破损明显/，夜间照明不足/，积水较深/，手续不清楚/，多次反映/，影响出行/，存在安全隐患",
    )
]
NUMBER_LEADS = Slot.of("，涉及金额/，多花了/，票价/，费用共/，缴纳/，约")
INSTANT_ENDINGS = Slot.of("。/，请告知。/，望答复。/，咨询办法。/，想了解情况。/，请查询。/，如何处理。/，请说明。")
DEMANDS = {
    "complaint": Slot.of(
        "，要求核实处理。/，希望调查并回复。/，要求退还费用。/，要求道歉。/，请依法查处。/，希望尽快整改。/，要求给出说明。/，"
        "请相关部门核查。/，盼回复。/，希望加强管理。/，要求督促企业处理。/，请告知处理结果。"
    ),
    "consultation": Slot.of("，请核实后答复。/，请回电告知。/，希望查询后回复。/，请说明办理流程。/，盼答复。"),
    "suggestion": Slot.of(
        "，建议优化。/，希望采纳。/，请有关部门研究。/，建议增设。/，希望改进。/，建议延长时间。/，望重视。"
    ),
    "other": Slot.of("，请知悉。/，请转达。/，已记录。"),
}
REFILED = Slot.of(
    "，司机辱骂乘客，要求查处。/，司机拒不打表，要求退钱。/，司机强行拼客，投诉要求处罚。/，多收车费，投诉要求退还。/，"
    "司机开车玩手机，投诉要求处理。/，司机绕路多收费，要求严肃处理。"
)
"""Ends of requests that are complaints but were filed as consultations."""

ANSWERS = Slot.of(
    "已告知/已即时答复/已说明/已解释/当场答复/查询后告知/已为其介绍/已按知识库答复/已核对后说明/已指引办理"
)
ANSWER_ENDS = Slot.of(
    "相关规定/，来电人知晓/办理流程/，建议关注实时信息/，可通过公众号查询/及注意事项/，已提示绕行/，来电人认可/最新信息/，"
    "可到网点办理/所需材料/，已发短信链接/查询方式/，提醒安全驾驶/办理时限/，已登记备查"
)
ACTIONS = Slot.of(
    "执法人员调取车载视频/工作人员电话联系当事人/经与企业核实/我单位派员到现场/经调阅行程轨迹/约谈企业负责人/经比对运行记录/"
    "查看监控录像/组织双方调解/经核对票据/现场勘查后/走访周边商户/核查营运资质/召集当班人员了解/经技术部门复核/联合属地部门检查"
)
FINDINGS = [
    Slot.of(listed)
    for listed in (
        "，该路段确有施工/，路段已恢复通行/，信息发布存在滞后/，标志牌位置不合理/，现场已增设引导",
        "，扣费记录确有重复/，设备电量不足/，账单金额无误/，系统同步延迟/，网点登记有误",
        "，驾驶员未按规定使用计价器/，驾驶员言语不当/，确有绕行情况/，乘客与司机存在误会/，行车记录未见异常/，车辆未在营运状态/，确有议价行为",
        "，平台派单信息与车辆不符/，司机擅自取消订单/，平台客服处理不及时/，计费规则公示不充分/，行程轨迹基本正常/，账号存在出借",
        "，因道路拥堵导致间隔过大/，驾驶员未按站停靠/，车辆空调故障/，站牌信息未及时更换/，驾驶员操作急促/，刷卡设备离线",
        "，停放点超出容量/，车辆定位偏移/，车锁损坏/，计费未及时终止",
        "，因客流不足临时并班/，窗口解释不充分/，退款按规定扣除手续费/，系统票额显示延迟/，候车设施待维修",
        "，合同退费条款约定不明/，教练排班不足/，学员未完成基础学时/，驾校未及时上传学时/，费用已按约定收取",
        "，承运合同未约定赔付/，车辆装载不规范/，运费结算存在争议/，企业台账不完整/，车辆证照齐全",
        "，维修清单未经签字/，配件价格未公示/，检测排队属高峰时段/，租赁合同约定押金周期",
        "，快件滞留分拨中心/，派送员未电话联系/，外包装在途破损/，地址信息有误",
        "，车位管理不到位/，当班人员解释不耐心/，设备临时检修/，价格公示不醒目/，车道因检修关闭",
        "，路面确有破损/，照明线路老化/，排水口堵塞/，属相邻单位管养/，材料要求告知不全",
    )
]
_COMPANY_MEASURES = Slot.of(
    "，已责令企业整改/，已退还多收费用/，对当事人批评教育/，停岗学习三日/，已向诉求人致歉/，督促三日内完成/，已完善公示内容/，"
    "按公司制度扣分处理/，已协调双方达成一致/，移交执法部门立案/，安排专人跟进/，下达整改通知书/，纳入信誉考核/，约谈负责人"
)
_FACILITY_MEASURES = Slot.of(
    "，已列入维修计划/，已更换设备/，已完善公示内容/，安排专人跟进/，已增设引导标志/，督促三日内完成/，已向诉求人致歉/，"
    "增加巡查频次/，已协调相关单位处置/，已调整作业时间/，已修复完毕/，更新系统记录"
)
MEASURES = [
    _FACILITY_MEASURES if f in ("condition", "etc", "service_area", "general") else _COMPANY_MEASURES for f in FAMILIES
]
RESPONSES = Slot.of(
    "，诉求人表示认可。/，诉求人对结果满意。/，已电话告知诉求人。/，诉求人同意办结。/，诉求人表示理解。/，诉求人无其他诉求。/，"
    "已与诉求人沟通一致。/，诉求人表示感谢。/，诉求人接受处理结果。/，诉求人知晓后续安排。"
)
TEMPLATES = Slot.of(
    "经核实，情况已处理，来电人满意。/已联系当事人并妥善处理，诉求人表示满意，申请办结。/"
    "您反映的问题我单位高度重视，已按规定处理完毕，感谢您的支持与理解。"
)
"""Closing texts that fabricating platforms paste."""

SUBCATEGORIES: list[str] = sorted({s for c in CATEGORIES for s in c.subcategories} | {"类型未填"})
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
GIVEN = [a + b for a in "明丽强静伟芳磊敏洋艳勇娟杰涛超霞平刚桂玉" for b in "华军英文波梅云海琳宇"] + [
    "先生",
    "女士",
] * 40
