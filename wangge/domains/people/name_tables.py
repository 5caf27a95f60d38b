"""Tables behind `names`: surnames of two characters, readings, characters written in two ways. Plain data.

Sources: engineering.md 3 (measured: a dictionary of words reads 单 as dan, 曾 as ceng, 解 as jie, 仇 as chou, 查 as cha, 盖
as gai, 区 as qu, 朴 as pu); the Table of General Standard Chinese Characters for what is written traditionally.
"""

TWO_CHARACTER_SURNAMES = frozenset(
    "欧阳 司马 上官 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 宇文 长孙 司徒 夏侯 轩辕 端木 独孤 南宫 万俟 闻人 赫连 澹台 宗政 濮阳 淳于 单于 "
    "太叔 申屠 仲孙 钟离 鲜于 闾丘 司空 亓官 呼延 拓跋 百里 东郭 西门 第五 左丘 梁丘 谷梁 公羊 公冶 乐正 漆雕 羊舌 微生 南门 子车 颛孙 "
    "巫马 公西 壤驷 夹谷 宰父 段干 东门 南荣 即墨 达奚 褚师 纳兰 完颜 叶赫 富察 钮祜".split()
)

# Readings in use as a surname, the usual one first. That of the dictionary is indexed too: who searches may not know.
SURNAME_READINGS: dict[str, tuple[str, ...]] = {
    "单": ("shan",), "曾": ("zeng",), "解": ("xie",), "仇": ("qiu",), "查": ("zha",), "盖": ("ge", "gai"), "区": ("ou",),
    "朴": ("piao",), "任": ("ren",), "乐": ("yue", "le"), "员": ("yun",), "缪": ("miao",), "尉迟": ("yu chi",),
    "万俟": ("mo qi",), "单于": ("chan yu",), "澹台": ("tan tai",), "长孙": ("zhang sun",), "令狐": ("ling hu",),
    "亓官": ("qi guan",), "鲜于": ("xian yu",), "宰父": ("zai fu",), "拓跋": ("tuo ba",), "皇甫": ("huang fu",),
    "乐正": ("yue zheng",), "夹谷": ("jia gu",), "褚师": ("chu shi",), "覃": ("qin", "tan"), "翟": ("zhai", "di"),
    "折": ("she",), "种": ("chong",), "秘": ("bi",), "黑": ("he",), "洗": ("xian",), "冼": ("xian",), "幺": ("yao",),
    "华": ("hua",), "应": ("ying",), "召": ("shao",), "繁": ("po",), "逄": ("pang",), "佴": ("nai",), "宓": ("mi", "fu"),
    "葛": ("ge",), "纪": ("ji",), "燕": ("yan",), "宁": ("ning",), "哈": ("ha",), "那": ("na",), "訾": ("zi",),
    "隗": ("wei", "kui"), "贾": ("jia",), "能": ("nai",), "曲": ("qu",), "柏": ("bai", "bo"), "薄": ("bo",), "卜": ("bu",),
    "车": ("che",), "晁": ("chao",), "谌": ("chen", "shen"), "啜": ("chuai",), "褚": ("chu",), "撖": ("han",), "郝": ("hao",),
    "郇": ("xun", "huan"), "郏": ("jia",), "阚": ("kan",), "隽": ("juan",), "蹇": ("jian",), "郄": ("qie", "xi"),
    "瞿": ("qu",), "麹": ("qu",), "阙": ("que",), "芮": ("rui",), "莘": ("shen", "xin"), "眭": ("sui",), "适": ("kuo",),
    "粘": ("nian",), "冯": ("feng",), "殷": ("yin",), "於": ("yu",), "恽": ("yun",), "臧": ("zang",), "笮": ("ze",),
    "祭": ("zhai", "ji"), "占": ("zhan",), "朱": ("zhu",), "禚": ("zhuo",), "石": ("shi",), "沈": ("shen",), "盛": ("sheng",),
    "相": ("xiang",), "许": ("xu",), "洪": ("hong",), "牟": ("mou", "mu"), "万": ("wan",), "尉": ("wei", "yu"),
    "叶": ("ye",), "要": ("yao",), "艾": ("ai",), "过": ("guo",), "炅": ("gui",), "妫": ("gui",), "桧": ("gui",),
    "古": ("gu",), "靳": ("jin",), "亓": ("qi",), "逯": ("lu",), "邸": ("di",), "都": ("du",), "干": ("gan",), "俱": ("ju",),
    "庞": ("pang",), "寇": ("kou",), "藏": ("zang",), "行": ("xing",), "句": ("gou",), "钭": ("tou",), "邗": ("han",),
    "么": ("yao",), "尹": ("yin",), "仉": ("zhang",), "掌": ("zhang",), "查干": ("cha gan",), "颉": ("xie",), "郗": ("xi", "chi"),
}  # fmt: skip

# Characters of given names that are read in more than one way; all count, beside what the dictionary says.
GIVEN_READINGS: dict[str, tuple[str, ...]] = {
    char: tuple(sounds.split(","))
    for char, sounds in (
        pair.split(":")
        for pair in (
            "重:chong,zhong 长:chang,zhang 乐:le,yue 朝:chao,zhao 晟:sheng,cheng 茜:qian,xi 行:xing,hang 奇:qi,ji 都:du,dou "
            "传:chuan,zhuan 参:can,shen 曾:zeng,ceng 柏:bai,bo 伽:jia,qie 娜:na,nuo 盛:sheng,cheng 省:sheng,xing "
            "强:qiang,jiang 隽:jun,juan 峤:qiao,jiao 琢:zhuo,zuo 莞:guan,wan 蔓:man,wan 藏:cang,zang 还:huan,hai 率:lv,shuai "
            "单:dan,shan 殷:yin,yan 车:che,ju 露:lu,lou 拓:tuo,ta 解:jie,xie 阿:a,e 尉:wei,yu 禅:chan,shan 和:he,huo 炅:jiong,gui "
            "叶:ye,xie 仔:zai,zi 翟:zhai,di 卜:bu,bo 汤:tang,shang 巷:xiang,hang 勒:le,lei 会:hui,kuai 艾:ai,yi 屏:ping,bing "
            "泊:bo,po 覃:qin,tan 佛:fo,fu 朴:pu,piao 石:shi,dan 种:zhong,chong 调:tiao,diao 降:jiang,xiang 圈:quan,juan "
            "什:shi,shen 丽:li 贝:bei 沈:shen,chen 适:shi,kuo 夏:xia 卡:ka,qia 粘:nian,zhan 繁:fan,po 葛:ge 逄:pang "
            "冠:guan 觉:jue,jiao 角:jiao,jue 校:xiao,jiao 折:zhe,she 堡:bao,pu 芊:qian 芮:rui 哈:ha 塔:ta 提:ti,di 枸:gou,ju"
        ).split()
    )
}

_TRADITIONAL = (
    "張劉陳楊趙黃吳孫馬羅梁鄭謝許鄧馮蕭葉蔣閻餘蘇呂盧鍾薑範賈譚鄒陸韓顧龔嚴賴錢湯喬賀萬龍連聞莊單歐陽遲諸鮮於寧關畢齊"
    "強偉芳剛濤飛鵬麗麗娟紅蘭鳳榮國華軍傑輝亞寶慶廣東長興發財貴賢達遠進業學書畫詩詞語誠謙讓謹識記計訓評論設證許護"
    "鋼鐵銀銅錦鈺鑫鋒錄鎮銳鏡鍾鈞鑒銘鴻鵬鷹鶴鳴鳥魯魚鮑"
    "嬌媛嬈嫻婭媽娛瑩瑤瓊瑋璽環現愛戀憶懷慶憲應億儀優偉傳傑備儒億儉倫側傑侶佇"
    "雲電霧靈靜顏題願類顯順項須頌預頑頓頤頻額風颯飄飲館駿馳騰驥驍馨馭駱駒騫驊騏"
    "蘭蓮蔭蕓藝藍蘊蘇蘆薔莖莊榮葦華萊萬葉蒼蓋"
    "紅純紗納紙級紀約給絲經綠維緒練緯緣縈績織繼續綱網緊緻綺紋組細終結絡統絹繡繪"
    "湯溫灣滬漢澤濟濱瀟瀾潔淵淨測渾湞滿漁漣潛澗濤濕灤灝"
    "曉時暉曄曦暢暫會極業樂樹橋機檔權歡歲殘殷氣煒煥爍燁燈燦爾牽獻獨獲瑪產畢異當疇監盤眾碩確禮禎種稱穎積穩窮競筆節範築簡"
    "聖聖聞聯聰職肅腦臨舉興舊艦藝處號術衛裝複見規覺覽親觀觸計訂討訊託詠詢該詳誌認誼調諒談請諾謀謝謠講譜譯議讀變讚豐貝貞負貢"
    "責貨質貫貿費賀賓賞賜賢賦賽贊贏趙趕躍車軒軟載輕輔輪輯輝辦農連運過達違遙適選遺還邁邊鄉鄰醫釋針鈴鉅錢鍵鎖鏈鐘鑄長門閃閆開間閒閔"
    "閣閩闊闖隊陣陽陰陳際隨險隱雋雖雙雜離難雲靂韋韻頁頂頒領頗飯養餘駐駕驗驚體鬥鬱魏鮮鳳鴿鵑麥黃點黨齊齡龍龐龜"
)
_SIMPLIFIED = (
    "张刘陈杨赵黄吴孙马罗梁郑谢许邓冯萧叶蒋阎余苏吕卢钟姜范贾谭邹陆韩顾龚严赖钱汤乔贺万龙连闻庄单欧阳迟诸鲜于宁关毕齐"
    "强伟芳刚涛飞鹏丽丽娟红兰凤荣国华军杰辉亚宝庆广东长兴发财贵贤达远进业学书画诗词语诚谦让谨识记计训评论设证许护"
    "钢铁银铜锦钰鑫锋录镇锐镜钟钧鉴铭鸿鹏鹰鹤鸣鸟鲁鱼鲍"
    "娇媛娆娴娅妈娱莹瑶琼玮玺环现爱恋忆怀庆宪应亿仪优伟传杰备儒亿俭伦侧杰侣伫"
    "云电雾灵静颜题愿类显顺项须颂预顽顿颐频额风飒飘饮馆骏驰腾骥骁馨驭骆驹骞骅骐"
    "兰莲荫芸艺蓝蕴苏芦蔷茎庄荣苇华莱万叶苍盖"
    "红纯纱纳纸级纪约给丝经绿维绪练纬缘萦绩织继续纲网紧致绮纹组细终结络统绢绣绘"
    "汤温湾沪汉泽济滨潇澜洁渊净测浑浈满渔涟潜涧涛湿滦灏"
    "晓时晖晔曦畅暂会极业乐树桥机档权欢岁残殷气炜焕烁烨灯灿尔牵献独获玛产毕异当畴监盘众硕确礼祯种称颖积稳穷竞笔节范筑简"
    "圣圣闻联聪职肃脑临举兴旧舰艺处号术卫装复见规觉览亲观触计订讨讯托咏询该详志认谊调谅谈请诺谋谢谣讲谱译议读变赞丰贝贞负贡"
    "责货质贯贸费贺宾赏赐贤赋赛赞赢赵赶跃车轩软载轻辅轮辑辉办农连运过达违遥适选遗还迈边乡邻医释针铃钜钱键锁链钟铸长门闪闫开间闲闵"
    "阁闽阔闯队阵阳阴陈际随险隐隽虽双杂离难云雳韦韵页顶颁领颇饭养余驻驾验惊体斗郁魏鲜凤鸽鹃麦黄点党齐龄龙庞龟"
)
# Written in two ways on papers of different years; compared as one.
_VARIANTS = {"喆": "哲", "峯": "峰", "堃": "坤", "昇": "升", "甦": "苏", "菓": "果", "澂": "澄", "珎": "珍", "仝": "同"}
SIMPLER = str.maketrans(dict(zip(_TRADITIONAL, _SIMPLIFIED, strict=True)) | _VARIANTS | {"﹒": "", "〇": "零"})
