"""The categories that tickets are filed under, with how often each is used.

``CATALOGUE`` has one line a category: domain | name | English | aliases | weight of consultation, complaint,
suggestion | sub-categories. Names of the published top lists are theirs, the rest is plausible and ours. A weight of
0 keeps a category out of a business type; weights of published categories count for suggestions only, their other
counts are known. The dbt seed ``categories`` has the same names.
"""

from __future__ import annotations

from dataclasses import dataclass

CITY_DOMAINS = ("urban_passenger", "road_transport", "ordinary_road", "waterway", "civil_aviation", "railway", "postal")
DOMAIN_GROUPS = {
    "expressway": "expressway",
    "urban_passenger": "urban_passenger",
    "road_transport": "road_transport",
} | dict.fromkeys(("ordinary_road", "waterway", "civil_aviation", "railway", "postal"), "other_modes")

CATALOGUE = """
expressway|高速公路路况咨询|Expressway traffic conditions|高速路况|0,20,120|施工绕行;气象影响;事故通报;收费站封闭;服务区车流;节假日预测;桥隧通行
expressway|高速公路ETC|Expressway ETC|ETC|0,90,330|设备激活;设备更换;账单查询;ETC注销;扣费异议;电子发票;通行记录;优惠政策;车辆变更
expressway|高速公路通行费|Expressway tolls||98,60,160|收费标准;计费异议;多收费用;路径争议
expressway|通行费发票|Toll invoices||95,14,60|开票流程;发票重开;抬头变更
expressway|通行费退费|Toll refunds||86,30,40|退费进度;退费条件;重复扣费
expressway|通行费补缴|Toll arrears||82,12,20|欠费查询;补缴方式;异议处理
expressway|高速公路服务区|Expressway service areas||90,55,260|餐饮价格;卫生环境;停车管理;设施开放
expressway|服务区充电设施|Charging at service areas||84,28,170|充电桩故障;排队等候;充电价格
expressway|服务区加油站|Filling stations at service areas||70,10,50|油品供应;营业时间;支付方式
expressway|高速公路清障救援|Expressway breakdown service||93,38,40|救援申请;救援费用;到达时间
expressway|高速公路收费站|Expressway toll stations||88,40,110|出入口位置;车道开放;排队拥堵;关闭改造
expressway|收费人员服务|Toll staff||40,26,30|服务态度;业务解答;现场引导
expressway|鲜活农产品绿色通道|Green channel for fresh produce||91,16,50|品目目录;查验流程;装载要求;预约通行
expressway|重大节假日免费通行|Free passage on holidays||97,6,30|免费时段;适用车型;ETC通行
expressway|超限运输|Oversize transport||76,8,20|入口称重;超限认定;处罚标准
expressway|大件运输许可|Permits for abnormal loads||72,5,20|申请材料;办理进度;跨省并联
expressway|货车通行管理|Lorry access||83,9,40|限行路段;限行时段;通行证
expressway|危险品车辆通行|Dangerous goods vehicles||66,4,20|限行时段;通行路线;备案要求
expressway|客运车辆通行|Coach access||52,3,10|夜间限行;停靠规定;包车备案
expressway|收费车型分类|Toll vehicle classes||68,8,20|客车分类;货车轴数;专项作业车
expressway|称重检测|Weighing||61,7,20|称重误差;复磅申请;设备维护
expressway|CPC通行卡|CPC passage cards||69,6,20|卡片遗失;卡片损坏;赔偿标准
expressway|移动支付|Mobile payment||57,6,30|支付失败;支付方式;重复支付
expressway|路产损失赔偿|Damage to road property||55,9,10|赔偿标准;缴款方式;责任认定
expressway|高速公路养护施工|Expressway maintenance works||87,20,90|施工路段;占道时间;路面破损
expressway|交通标志标线|Signs and markings||54,12,120|标志不清;标线磨损;指路信息
expressway|高速公路限速|Expressway speed limits||64,8,60|限速标准;限速变化;测速点位
expressway|恶劣天气通行|Bad-weather access||94,5,20|大雾管制;雨雪管制;大风预警
expressway|出行路线规划|Route planning||96,3,20|路线查询;里程查询;出口查询
expressway|通行时间估算|Travel-time estimates||79,2,10|高峰时段;预计时长;绕行方案
expressway|高速公路隧道|Expressway tunnels||48,5,30|照明设施;封闭施工;通信信号
expressway|高速公路桥梁|Expressway bridges||46,4,30|限载要求;施工封闭;横风提示
expressway|交通事故处理|Accident handling||89,9,20|报警方式;快处快赔;事故拖移
expressway|高速公路违停|Stopping on expressways||42,6,20|应急车道;违停上报;服务区外停车
expressway|摩托车通行|Motorcycle access||38,2,30|通行规定;限行路段;收费标准
expressway|集装箱车辆优惠|Discounts for container lorries||44,3,20|优惠条件;优惠比例;港区通行
expressway|农机跨区作业通行|Passage of harvesters||36,2,10|作业证;免费通行;运输车辆
expressway|涉路施工许可|Permits for works on the road||34,2,10|申请材料;办理时限;现场监管
expressway|服务区失物招领|Lost property at service areas||50,2,10|物品登记;认领方式;监控调取
expressway|高速公路联网监控|Expressway cameras||32,3,10|视频调取;点位查询;隐私保护
expressway|客服系统使用|Use of the customer service||74,7,60|热线转接;公众号使用;小程序使用
expressway|高速公路其他事项|Other expressway matters||30,5,40|单位咨询;招聘咨询;广告咨询
urban_passenger|巡游出租汽车|Cruising taxis|出租车;巡游出租车|0,0,60|甩客;绕路;服务态度;车容车貌;拼客;未打表;发票;运价政策;投诉渠道;从业资格
urban_passenger|网络预约出租汽车|Ride-hailing|网络预约出租车;网约车|85,0,40|绕路;取消订单;行程录音;司机资质;账户封禁;车辆不符;拒载;服务态度
urban_passenger|公共汽电车|Buses and trolleybuses|公交;公交车|0,0,130|乘车卡;车辆卫生;站点设置;首末班时间;发车间隔;不按线路行驶;安全驾驶;票价;站牌信息
urban_passenger|城市轨道交通|Urban rail||70,45,70|运营时间;票务服务;站内设施;换乘引导
urban_passenger|互联网租赁自行车|Shared bicycles||22,45,30|乱停乱放;车辆损坏;计费争议
urban_passenger|私人小客车合乘|Car pooling||16,30,6|费用争议;行程安全;信息发布
urban_passenger|非法营运|Unlicensed operation||30,150,20|黑车揽客;克隆出租车;无证网约车;举报进度
urban_passenger|城市客运公交卡|City transport cards||50,14,16|充值;挂失补卡;优惠乘车;年审
urban_passenger|城市停车接驳|Parking and transfer||14,10,14|换乘停车场;收费标准
urban_passenger|出租汽车经营权|Taxi licences||34,16,6|过户;经营期限;承包费用
urban_passenger|城市客运其他事项|Other urban passenger matters||28,12,10|政策咨询;部门电话;办公时间
road_transport|客运汽车站|Coach stations|汽车站|0,18,10|乘车环境;退改签;行李托运;班次查询
road_transport|机动车驾驶员培训|Driver training|驾培;驾校|66,0,16|退费;教练态度;转校;约考;学时
road_transport|道路货物运输|Road haulage|货运|60,0,14|危险货物运输服务质量;货运站场;车辆年审;运费拖欠;超载
road_transport|道路班线客运|Scheduled coaches||48,60,12|班次时刻;票价;中途倒客;安全带
road_transport|道路旅客包车|Chartered coaches||20,22,6|包车标志牌;合同纠纷;车辆资质
road_transport|机动车维修|Vehicle repair||34,56,8|维修质量;维修价格;配件真伪;备案查询
road_transport|从业资格证|Professional driving licences||92,14,10|考试报名;换证补证;继续教育;诚信考核
road_transport|道路运输证|Vehicle operating permits||70,12,8|年度审验;补证;注销;过户
road_transport|道路运输经营许可|Operating licences||54,8,8|申请材料;办理时限;许可变更
road_transport|机动车检测|Vehicle inspection||28,24,8|检测收费;检测周期;检测站预约
road_transport|汽车租赁|Vehicle rental||12,20,6|押金退还;车况;违章处理
road_transport|危险货物运输|Dangerous goods transport||14,8,4|资质查询;押运员;停放场地
road_transport|道路运输其他事项|Other road transport matters||22,10,8|政策咨询;部门电话;投诉进度
ordinary_road|普通公路路面|Road surfaces||60,90,60|坑槽;裂缝;积水;翻浆
ordinary_road|普通公路路况|Road conditions||90,6,10|施工绕行;断交封闭;冰雪路滑
ordinary_road|公路养护施工|Road works||54,44,24|施工扬尘;占道时间;夜间施工
ordinary_road|公路交通设施|Road furniture||36,50,40|护栏损坏;标志缺失;路灯不亮
ordinary_road|公路治超|Overload control||40,30,10|治超站点;处罚标准;超载举报
ordinary_road|农村公路|Rural roads||44,60,40|道路拓宽;建设进度;安全防护
ordinary_road|公路路政许可|Road permits||26,6,4|占用挖掘;非公路标志;办理时限
ordinary_road|公路环境卫生|Roadside cleanliness||10,30,20|垃圾清理;绿化修剪;边沟堵塞
ordinary_road|普通公路其他事项|Other ordinary road matters||20,12,10|政策咨询;部门电话;管养单位
waterway|水路客运|Passenger shipping||44,14,8|班次时刻;停航通知;票务退改
waterway|港口服务|Ports||20,8,4|港区通行;装卸作业;滚装车辆
waterway|船舶与船员|Ships and crew||18,3,2|船员证书;船舶检验;登记
waterway|水路其他事项|Other waterway matters||8,2,2|政策咨询;部门电话
civil_aviation|机场服务|Airports||40,12,10|安检;行李;停车;问讯
civil_aviation|航班信息|Flights||60,8,2|航班延误;航班查询;退改签
civil_aviation|机场巴士|Airport coaches||34,8,8|发车时间;线路站点;票价
civil_aviation|民航其他事项|Other civil aviation matters||8,2,2|政策咨询;部门电话
railway|铁路客票|Railway tickets||60,6,4|购票;改签退票;学生票
railway|铁路车站服务|Railway stations||30,10,8|进出站;候车;接驳换乘
railway|铁路道口|Level crossings||8,6,4|通行安全;设施维护
railway|铁路其他事项|Other railway matters||10,2,2|政策咨询;部门电话
postal|快递服务|Parcel delivery||40,34,6|投递延误;快件丢失;未送上门;赔偿
postal|邮政服务|Postal service||22,8,4|网点查询;信件投递;资费
postal|邮政其他事项|Other postal matters||8,2,2|政策咨询;部门电话
"""  # noqa: E501


@dataclass(frozen=True)
class Category:
    domain: str
    name: str
    name_en: str
    aliases: tuple[str, ...]
    weights: dict[str, float]
    subcategories: tuple[str, ...]


def _parse(line: str) -> Category:
    domain, name, name_en, aliases, weights, subcategories = line.split("|")
    return Category(
        domain,
        name,
        name_en,
        tuple(a for a in aliases.split(";") if a),
        dict(zip(("consultation", "complaint", "suggestion"), map(float, weights.split(",")), strict=True)),
        tuple(subcategories.split(";")),
    )


CATEGORIES: tuple[Category, ...] = tuple(_parse(line) for line in CATALOGUE.strip().splitlines())
DOMAIN_OF = {c.name: c.domain for c in CATEGORIES}
OTHER_CATEGORY = {  # where tickets without a business type are filed
    "expressway": "高速公路其他事项",
    "urban_passenger": "城市客运其他事项",
    "road_transport": "道路运输其他事项",
    "other_modes": "普通公路其他事项",
}
