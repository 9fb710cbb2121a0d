"""The names in old zips come out in their own alphabet, as they do in a zip of a few files."""

from __future__ import annotations

import random
import time

import pytest

from neural_art.dataset.zip_names import decode_names, detect_encoding

# As people call folders and files of paintings, in the code pages of their systems.
NAMES = {
    "japanese": (
        "cp932",
        "作品 下書き 猫 花と鳥 京都の秋 ポートレート 富士山 海 新しいフォルダー 水彩画 静物画 練習 "
        "夜景 写真 浮世絵 母の肖像 りんご 港の朝 雪 完成版 スケッチブック 裸婦 抽象 北斎 "
        "東海道五十三次 睡蓮 窓辺 祭り 鎌倉 素描集",
    ),
    "chinese": (
        "gb18030",
        "风景 静物 人物 水彩 新建文件夹 我的作品 油画 山水画 花鸟 素描 猫 自画像 睡莲 向日葵 "
        "日出 长江 故宫 北京的秋天 练习 草稿 完成 抽象 梵高 齐白石 桂林 荷花 老照片 扫描件 夜色 "
        "窗前",
    ),
    "traditional": (
        "cp950",
        "風景 靜物 人物 水彩 新增資料夾 我的作品 油畫 山水畫 花鳥 素描 貓 自畫像 睡蓮 向日葵 "
        "日出 淡水河 故宮 台北的秋天 練習 草稿 完成 抽象 梵谷 張大千 阿里山 荷花 老照片 掃描 "
        "夜色 窗前",
    ),
    "korean": (
        "cp949",
        "풍경 정물 인물 수채화 새폴더 내작품 유화 산수화 꽃과새 소묘 고양이 자화상 수련 해바라기 "
        "일출 한강 경복궁 서울의가을 연습 초안 완성 추상 고흐 김홍도 제주도 연꽃 옛날사진 스캔 "
        "밤풍경 창가에서",
    ),
    "russian": (
        "cp866 cp1251",
        "пейзаж Натюрморт портреты море Лес зима Осень мои-работы Новая папка эскизы акварель Кошка "
        "город Цветы автопортрет подсолнухи рассвет Волга Москва черновики готово абстракция ВанГог "
        "Репин яблоки окно ночь сканы фото картины",
    ),
    "ukrainian": (
        "cp1251",
        "пейзаж Натюрморт портрети море Ліс зима Осінь мої-роботи ескізи акварель кішка місто Квіти "
        "автопортрет соняшники світанок Дніпро Київ чернетки готово яблука вікно ніч скани картини",
    ),
    "bulgarian": (
        "cp866 cp1251",
        "пейзаж Натюрморт портрети море Гора зима Есен моите-работи скици акварел котка град Цветя "
        "автопортрет слънчогледи изгрев Дунав София чернови готово ябълки прозорец нощ картини",
    ),
    "german": (
        "cp850 cp437 cp1252",
        "Gemälde Stillleben-Äpfel Blumensträuße München Übungen Porträts Bäume Häuser Öl Brücke Straße "
        "Frühling Schloß Möwen Träume Küste Wäsche Mädchen Vögel für-Köln",
    ),
    "french": (
        "cp850 cp437 cp1252",
        "été forêt Étretat fenêtre café évêché bâteaux crépuscule île nénuphars rêve théâtre Noël garçon "
        "flèche Cézanne côte pêcheurs forêt-enneigée aquarelles-françaises",
    ),
    "spanish": (
        "cp850 cp437 cp1252",
        "otoño paisaje-montañas niños Españoles jardín bodegón árboles Málaga corazón canción señora "
        "Velázquez pájaros sueños café María",
    ),
    "portuguese": (
        "cp850 cp1252",
        "paisagens-São-Paulo coração Natureza-morta-maçãs verão aquarelas-João mães pássaros manhã "
        "estações canção avó Conceição ilusões praça luz-da-manhã",
    ),
    "swedish": (
        "cp850 cp437 cp1252",
        "målningar Sjö blå höst Göteborg träd Ängar snö åskväder porträtt fåglar Öland kväll måne "
        "björkar stilleben-äpplen",
    ),
    "danish": (
        "cp850 cp1252",
        "malerier-sø blå efterår Ærø træer København sne åen portræt fugle Øresund bjørn rødgrød frugtskål",
    ),
    "polish": (
        "cp852 cp1250",
        "obrazy-łąka pejzaż Martwa-natura-jabłka jesień Kraków zima-śnieg Łódź portret-żony źródło góry "
        "kwiaty-róże słoneczniki świt zdjęcia Wisła ćwiczenia gałąź",
    ),
    "czech": (
        "cp852 cp1250",
        "krajina-řeka zátiší podzim-žlutá Praha-věže zima Šumava portrét-ženy květiny slunečnice úsvit "
        "cvičení Vltava černé dům příroda město",
    ),
    "hungarian": (
        "cp852",
        "tájkép csendélet ősz Tél erdő virágok önarckép napraforgó Duna gyümölcs őszi-fák festmények "
        "kék-madár tűz Szentendre völgy",
    ),
    "romanian": (
        "cp852",
        "peisaj-iarnă natură-moartă pădure toamnă grădină Bucureşti mâini ţărani flori-galbene câmp fântână",
    ),
    "turkish": (
        "cp857",
        "manzara-kış natürmort güneş İstanbul-boğaz çiçekler ağaç deniz-mavisi gölge ışık şehir köprü gümüş bahçe",
    ),
    "lithuanian": (
        "cp775",
        "peizažas žiema ąžuolas Vilnius-bažnyčia gėlės šviesa saulėlydis jūra miškas upė rudenį",
    ),
    "greek": (
        "cp737 cp1253",
        "τοπίο Θάλασσα νεκρή-φύση Αθήνα πορτραίτα λουλούδια χειμώνας Φθινόπωρο δέντρα αυτοπροσωπογραφία "
        "ηλιοτρόπια ανατολή νύχτα σπίτι έργα",
    ),
    "hebrew": (
        "cp862",
        "נוף טבע-דומם דיוקן ים פרחים ירושלים חורף סתיו עצים חמניות זריחה ציורים לילה חלון תמונות",
    ),
    "arabic": (
        "cp720 cp1256",
        "لوحات منظر بحر زهور القاهرة شتاء خريف أشجار شروق ليل نافذة صور طبيعة وجوه بيت",
    ),
    "thai": (
        "cp874",
        "ภาพวาด ทะเล ดอกไม้ กรุงเทพ ภูเขา ป่า แมว ภาพเหมือน ฤดูหนาว กลางคืน หน้าต่าง งานของฉัน ภาพถ่าย",
    ),
}
SETS = 12  # of four names, drawn from each language


def sets(language: str) -> list[list[str]]:
    rng = random.Random(language)
    words = NAMES[language][1].split()
    return [[f"{name}/{number}.jpg" for number, name in enumerate(rng.sample(words, 4))] for _ in range(SETS)]


@pytest.mark.parametrize(("language", "codec"), [(name, codec) for name in NAMES for codec in NAMES[name][0].split()])
def test_names_of_every_alphabet_are_decoded(language: str, codec: str) -> None:
    right = sum(decode_names([name.encode(codec) for name in names]) == names for names in sets(language))
    assert right >= SETS - 1


@pytest.mark.parametrize("language", NAMES)
def test_names_in_utf_8_are_that_whether_a_zip_says_so_or_not(language: str) -> None:
    for names in sets(language):
        assert decode_names([name.encode() for name in names]) == names


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("cp932", "表紙/十二月.jpg"),  # the second byte of 表 and 十 is a backslash or a bracket
        ("gb18030", "莫奈/睡莲.jpg"),
        ("cp950", "風景/春.jpg"),
        ("cp949", "풍경/바다.jpg"),
        ("cp866", "Пейзаж/лес.jpg"),
        ("cp1251", "Натюрморт/яблоки.jpg"),
        ("cp850", "Gemälde/Blüten.jpg"),
        ("cp437", "été/Noël.jpg"),
        ("cp852", "pejzaż/jabłka.jpg"),
        ("cp737", "Θάλασσα/τοπίο.jpg"),
    ],
)
def test_one_name_is_often_enough(codec: str, name: str) -> None:
    assert decode_names([name.encode(codec)]) == [name]


def test_plain_names_stay_as_they_are() -> None:
    assert detect_encoding([b"plain.jpg"]) == "utf-8"
    assert decode_names([b"plain.jpg", "Öl.jpg".encode("cp850")]) == ["plain.jpg", "Öl.jpg"]
    assert decode_names([]) == []


def test_twenty_thousand_names_are_decoded_in_a_moment() -> None:
    names = [f"Пейзаж/лес и море {number}.jpg" for number in range(20_000)]
    began = time.perf_counter()
    assert decode_names([name.encode("cp866") for name in names]) == names
    assert time.perf_counter() - began < 2
