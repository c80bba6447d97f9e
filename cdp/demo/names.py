"""Words from which the demo's people are put together. Pure."""

_FIRST = """
Aaliyah Abigail Adrian Aisha Alan Alejandra Amanda Amber Amy Andre Angela Anita Anthony Arjun
Ashley Barbara Beatriz Benjamin Beth Brandon Brian Caleb Camila Carlos Carol Catherine Chloe
Christina Claire Cynthia Daniel Darius David Deborah Denise Derek Diana Diego Dominic Donna
Dorothy Dylan Edward Eleanor Elena Elijah Elizabeth Emily Eric Esther Ethan Eva Fatima Felix
Frances Gabriel Gavin George Gloria Grace Gregory Hannah Harold Heather Helen Henry Ian Imani
Irene Isaac Isabella Jacob James Jasmine Jeremy Jerome Joanna Jordan José Joyce Julia Justin
Karen Katherine Keisha Kevin Kyle Laura Lauren Leah Lillian Linda Logan Lucas Lucía Malik
Marcus Margaret Maria Martin Mary Matthew Megan Mia Michael Miguel Monica Nancy Naomi Natalie
Nathan Nicole Nora Oliver Olivia Omar Pamela Patrick Paul Peter Rachel Raymond Rebecca Renée
Ricardo Robert Rosa Ruth Ryan Samantha Samuel Sarah Scott Sean Sharon Simone Sophia Stephanie
Steven Susan Tamara Teresa Theodore Thomas Tiffany Trevor Tyrone Valerie Vanessa Victor
Victoria Vincent Virginia Walter Wendy Wesley William Xavier Yolanda Zachary Zoë
"""
_LAST = """
Adams Ahmed Allen Alvarez Anderson Bailey Baker Barnes Bell Bennett Brooks Brown Bryant Butler
Campbell Carter Castillo Castro Chapman Clark Coleman Collins Cook Cooper Cruz Davis Delgado
Diaz Dixon Edwards Ellis Evans Fisher Fleming Flores Ford Foster Garcia Gibson Gómez Gonzalez
Graham Grant Gray Green Griffin Hall Hamilton Harris Hayes Henderson Henry Hernandez Hicks
Hill Howard Hughes Hunt Jackson James Jenkins Jensen Johnson Jones Jordan Kelly Kennedy Khan
King Knight Lawson Lee Lewis Long Lopez Marshall Martin Martinez Mason McDonald Mendoza Meyer
Mitchell Moore Morales Morgan Morris Murphy Murray Nelson Nguyen Nichols Olson Ortiz Owens
Palmer Parker Patel Patterson Perez Perry Peterson Phillips Porter Powell Price Ramirez
Reed Reyes Reynolds Richardson Rivera Roberts Robinson Rodriguez Rogers Ross Russell Ryan
Sanchez Sanders Schmidt Scott Shaw Silva Simmons Simpson Singh Smith Snyder Spencer Stevens
Stewart Sullivan Taylor Thomas Thompson Torres Tran Tucker Turner Vargas Vasquez Wagner Walker
Wallace Ward Washington Watson Weaver Webb Wells West White Williams Wilson Wood Wright Young
"""
_CHINESE_FAMILY = """
王/wang 李/li 张/zhang 刘/liu 杨/yang 黄/huang 赵/zhao 吴/wu 周/zhou 徐/xu 孙/sun 马/ma
朱/zhu 胡/hu 郭/guo 何/he 高/gao 林/lin 罗/luo 郑/zheng 梁/liang 谢/xie 宋/song 唐/tang
许/xu 韩/han 冯/feng 邓/deng 曹/cao 彭/peng 曾/zeng 萧/xiao 田/tian 董/dong 潘/pan 袁/yuan
"""
_CHINESE_GIVEN = """
伟/wei 芳/fang 娜/na 秀英/xiuying 敏/min 静/jing 丽/li 强/qiang 磊/lei 洋/yang 艳/yan
勇/yong 军/jun 杰/jie 娟/juan 涛/tao 明/ming 超/chao 霞/xia 平/ping 刚/gang 桂英/guiying
建华/jianhua 志强/zhiqiang 晓明/xiaoming 雨欣/yuxin 子涵/zihan 浩然/haoran 欣怡/xinyi
思远/siyuan 嘉怡/jiayi 文博/wenbo 雪梅/xuemei 海燕/haiyan 国栋/guodong 丽华/lihua
"""

FIRST_NAMES = tuple(_FIRST.split())
LAST_NAMES = tuple(_LAST.split())
# Family names and given names, each written and spelled in pinyin.
CHINESE_NAMES = tuple(
    tuple(pair.split("/") for pair in words.split()) for words in (_CHINESE_FAMILY, _CHINESE_GIVEN)
)
# City, state, ZIP code, telephone area code.
PLACES = (
    ("Cincinnati", "OH", "45202", "513"),
    ("Columbus", "OH", "43215", "614"),
    ("Cleveland", "OH", "44113", "216"),
    ("Dayton", "OH", "45402", "937"),
    ("Toledo", "OH", "43604", "419"),
    ("Louisville", "KY", "40202", "502"),
    ("Lexington", "KY", "40507", "859"),
    ("Indianapolis", "IN", "46204", "317"),
    ("Fort Wayne", "IN", "46802", "260"),
    ("Nashville", "TN", "37203", "615"),
    ("Memphis", "TN", "38103", "901"),
    ("Knoxville", "TN", "37902", "865"),
    ("Charleston", "WV", "25301", "304"),
    ("Pittsburgh", "PA", "15222", "412"),
    ("Grand Rapids", "MI", "49503", "616"),
    ("Ann Arbor", "MI", "48104", "734"),
)
STREETS = (
    "Maple Street",
    "Oak Avenue",
    "Cedar Lane",
    "Elm Street",
    "Washington Avenue",
    "Lincoln Road",
    "Park Drive",
    "Highland Avenue",
    "Sunset Boulevard",
    "River Road",
    "Church Street",
    "Mill Lane",
    "Walnut Court",
    "Ridge Road",
    "Chestnut Street",
    "Franklin Avenue",
)
# City, province, postal code, road.
CHINESE_PLACES = (
    ("北京", "北京市", "100020", "朝阳路"),
    ("上海", "上海市", "200040", "南京西路"),
    ("广州", "广东省", "510030", "中山五路"),
    ("深圳", "广东省", "518031", "深南中路"),
    ("杭州", "浙江省", "310006", "延安路"),
    ("成都", "四川省", "610016", "人民中路"),
    ("南京", "江苏省", "210005", "中山南路"),
    ("武汉", "湖北省", "430022", "解放大道"),
)
