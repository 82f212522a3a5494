"""Words for what projects are made of: kinds of outfalls and sources, measures, water classes."""

from __future__ import annotations

from events.model.words import Words

OUTFALL_TYPE_WORDS: dict[str, Words] = {
    "industrial": Words(zh="工业企业排污口", en="Industrial outfall"),
    "mine": Words(zh="矿山排污口", en="Mine outfall"),
    "industrial_park": Words(zh="园区污水处理厂排污口", en="Industrial park works"),
    "industrial_rain": Words(zh="工矿企业雨洪排口", en="Industrial stormwater outfall"),
    "sewage_works": Words(zh="城镇污水处理厂排污口", en="Sewage works outfall"),
    "livestock": Words(zh="畜禽养殖排污口", en="Livestock outfall"),
    "aquaculture": Words(zh="水产养殖排污口", en="Aquaculture outfall"),
    "irrigation": Words(zh="农田灌溉排口", en="Farm drain outfall"),
    "port": Words(zh="港口码头排口", en="Port outfall"),
    "town_rain": Words(zh="城镇雨洪排口", en="Town stormwater outfall"),
    "town_sewage": Words(zh="城镇生活污水散排口", en="Scattered town sewage"),
    "rural_sewage": Words(zh="农村生活污水散排口", en="Scattered rural sewage"),
    "other": Words(zh="其他排口", en="Other outfall"),
}
WATER_WORDS: dict[str, Words] = {
    "surface": Words(zh="地表水", en="Surface water"),
    "sea": Words(zh="海水", en="Sea water"),
}
SOURCE_WORDS: dict[str, Words] = {
    "industry": Words(zh="工业废水", en="Industry"),
    "mixed_pipes": Words(zh="雨污管网混接错接", en="Sewage in rain pipes"),
    "overflow": Words(zh="管网溢流", en="Sewer overflow"),
    "households": Words(zh="居民生活污水", en="Households"),
    "catering": Words(zh="餐饮、洗车等经营废水", en="Catering and washing"),
    "farming": Words(zh="种植养殖", en="Farming"),
    "upstream_outfall": Words(zh="上游排口", en="An outfall upstream"),
    "construction": Words(zh="施工作业", en="Construction work"),
    "earthwork": Words(zh="土方作业", en="Earthwork"),
    "stockpile": Words(zh="物料堆放", en="Stockpiles"),
    "transport": Words(zh="渣土运输", en="Transport of spoil"),
    "other": Words(zh="其他", en="Other"),
}
MEASURE_WORDS: dict[str, Words] = {
    "fencing": Words(zh="周边围挡", en="Fence around the site"),
    "covering": Words(zh="物料堆放覆盖", en="Stockpiles covered"),
    "washing": Words(zh="出入车辆冲洗", en="Vehicles washed"),
    "paving": Words(zh="路面硬化", en="Site roads paved"),
    "wetting": Words(zh="湿法作业", en="Wet work"),
    "sealed_transport": Words(zh="渣土车密闭运输", en="Spoil moved covered"),
}
PHASE_WORDS: dict[str, Words] = {
    "before": Words(zh="整治前", en="Before"),
    "after": Words(zh="整治后", en="After"),
    "watch": Words(zh="回头看", en="Watch"),
}
# Substances that a standard judges; those of sensors keep the names of their metrics.
SUBSTANCE_WORDS: dict[str, Words] = {
    "ph": Words(zh="pH", en="pH"),
    "dissolved_oxygen": Words(zh="溶解氧 mg/L", en="Dissolved oxygen mg/L"),
    "codmn": Words(zh="高锰酸盐指数 mg/L", en="Permanganate index mg/L"),
    "cod": Words(zh="化学需氧量 mg/L", en="COD mg/L"),
    "bod5": Words(zh="五日生化需氧量 mg/L", en="BOD5 mg/L"),
    "nh3n": Words(zh="氨氮 mg/L", en="Ammonia nitrogen mg/L"),
    "tp": Words(zh="总磷 mg/L", en="Total phosphorus mg/L"),
    "petroleum": Words(zh="石油类 mg/L", en="Petroleum mg/L"),
    "inorganic_nitrogen": Words(zh="无机氮 mg/L", en="Inorganic nitrogen mg/L"),
    "active_phosphate": Words(zh="活性磷酸盐 mg/L", en="Active phosphate mg/L"),
}

_CLASS_WORDS: dict[str, Words] = {
    **{one: Words(zh=f"{one} 类", en=f"class {one}") for one in ("I", "II", "III", "IV", "V")},
    "1": Words(zh="海水一类", en="sea class 1"),
    "2": Words(zh="海水二类", en="sea class 2"),
    "3": Words(zh="海水三类", en="sea class 3"),
    "4": Words(zh="海水四类", en="sea class 4"),
    "V-": Words(zh="劣V类", en="worse than V"),
    "4-": Words(zh="劣四类", en="worse than sea class 4"),
}


def class_words(water_class: str) -> Words:
    """What a class of water is called; an unknown one is told as it is."""
    return _CLASS_WORDS.get(water_class) or Words(zh=water_class, en=water_class)
