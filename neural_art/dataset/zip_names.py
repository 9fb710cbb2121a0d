"""Names in zips that do not say how they are encoded, in the alphabets of the world.

A program writes them in its system's old code page: Shift-JIS in Japan, GBK in China, 866 in Russia, and so on. Most
code pages give letters for most bytes, so each is tried on all names of a zip together, and the one wins in which they
look most like writing: common letters, words in one alphabet, no capital in a word's middle, no symbols. On names as
short as folders' this is right more often than charset-normalizer, which is made for texts
(``tests/test_zip_names.py`` has some in 23 languages).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

# The most frequent letters of each writing; what is not here may still be a letter of it.
_JAPANESE: Final = (
    "日人大一中年本国月上小生見山間東白手前後出会時学行高金長場外女子名水心新花海風景画作品朝夕夜春夏秋冬石木森林川町家道空雲雪雨月星光色紅"
    "青赤黒緑写真表紙裏静物果実母子肖像自習資料書類絵版油彩墨素描展覧個下書完成古今西南北内田村島港船橋寺神社京都鳥魚虫犬猫馬竹松梅桜菊葉草原"
)
_SIMPLIFIED: Final = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都"
    "同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由"
    "问很最重并物手应战向头文体政美相见被利什二等产新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论"
    "画山花风景油作品春夏秋冬静人像莫奈睡莲素描写生色彩国石竹梅兰菊鸟鱼虫草木林森云雨雪河湖江湾村镇城图片照片扫描桌宠红黄蓝绿黑白"
)
_TRADITIONAL: Final = (
    "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種事成方多經麼去法學如都"
    "同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實日軍者意無力它與長把機十民第公此已工使情明性知全三又關點正業外將兩高間由"
    "問很最重並物手應戰向頭文體政美相見被利什二等產新己制身果加西斯月話合回特代內信表化老給世位次度門任常先海通教兒原東聲提立及比員解水名真論"
    "畫山花風景油作品春夏秋冬靜人像莫奈睡蓮素描寫生色彩國石竹梅蘭菊鳥魚蟲草木林森雲雨雪河湖江灣村鎮城圖片照片掃描紅黃藍綠黑白"
)
_KOREAN: Final = (
    "이다는의에을가고은하로기지한를도사대리시자인그아서나해어부으수정일보상전제장게주있스만들라과구동원성공조여니유오면것무마국비방경적안신소화해"
    "미세관선우연생중거강개계단문위용진학회식발당민내모반간속통물명분영실바호양년월음치물업산재지현드트중터행출결입감러파프노포심제작품초상그림유"
    "화사진풍경정물바다꽃나무하늘산강봄여름가을겨울새스케치수채인물자화상"
)
_RUSSIAN: Final = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё"
_UKRAINIAN: Final = "оаниівтерскдлмупязьгбчхйжцшїюєщфґ"
_GREEK: Final = "αοιετσνηυρπκμλςωίγάόδέχήύθφβώξζψϊϋ"
_HEBREW: Final = "יוהלארמתבשנםדקחעכפגצןטזסךףץ"
_ARABIC: Final = "ايلمنرتوبةعدسفهكقحجشصطخأضغىذزءئإثآظؤ"
_THAI: Final = "านรกอเงมยล่้วดทสตั็ะีปบิคหแจใพช์ขไื์ุโูผถฟำศธณซฉญษฎฏฐฑฒฬฮฌ"
_GERMAN, _FRENCH, _ITALIAN = "äüßö", "éèêàçôâîûëïùœ", "àèéùìò"
_SPANISH, _PORTUGUESE = "óáíñéúü", "ãçáéóõâíêúàô"
_SWEDISH, _DANISH, _ICELANDIC = "äöå", "øåæ", "áðíéöóþúæý"
_POLISH, _CZECH, _HUNGARIAN = "łąęóżśćńź", "áíéřěýčžšůúťďňó", "áéőöóíüúű"
_ROMANIAN, _CROATIAN, _TURKISH = "ăîâţşțș", "čšžćđ", "ışğüçöİ"
_LITHUANIAN, _LATVIAN, _ESTONIAN = "ėšžįųąčūę", "āīēšūļņžčķģ", "äõüöšž"
_FINAL_FORMS: Final = "ςםןץףך"  # how these letters look at a word's end, and nowhere else
_WESTERN: Final = (_GERMAN, _FRENCH, _SPANISH, _PORTUGUESE, _ITALIAN, _SWEDISH, _DANISH, _ICELANDIC)
_CENTRAL: Final = (_POLISH, _CZECH, _HUNGARIAN, _ROMANIAN, _CROATIAN)

_SAMPLE: Final = 200  # names that are looked at closely; it takes a tenth of a second

Commonness = Callable[[str, bytes], float]


@dataclass(frozen=True)
class _CodePage:
    codec: str
    commonness: Commonness  # of a character and its bytes: 1 for the most common letters, below 0 for what is no letter
    prior: float = 0.0  # how much likelier than the others, all else being equal


def decode_names(names: Sequence[bytes]) -> list[str]:
    """The names in the code page that fits all of them best; UTF-8 if they are that, and 437 if none fits."""
    encoding = detect_encoding(names)
    return [name.decode(encoding, "replace") for name in names]


def detect_encoding(names: Sequence[bytes]) -> str:
    """The codec for names that are all in one encoding."""
    foreign = [name for name in dict.fromkeys(names) if not name.isascii()]
    if _fits(foreign, "utf-8"):
        return "utf-8"
    sample = foreign[:: -(-len(foreign) // _SAMPLE)]
    scores = [(_score(sample, page), page.codec) for page in _CODE_PAGES if _fits(sample, page.codec)]
    best = sorted((each for each in scores if each[0] > 0), key=lambda each: -each[0])
    return next((codec for _, codec in best if _fits(foreign, codec)), "cp437")


def _fits(names: Sequence[bytes], codec: str) -> bool:
    """Whether all the names can be decoded."""
    try:
        for name in names:
            name.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _score(names: Sequence[bytes], page: _CodePage) -> float:
    """How much the names look like writing in a code page that they fit, up to about 1."""
    total = weight = 0.0
    for name in names:
        text = name.decode(page.codec)
        before = ""
        for letter, after in zip(text, text[1:] + " ", strict=True):
            if not letter.isascii():
                written = letter.encode(page.codec, "replace")
                total += len(written) * (page.commonness(letter, written) - _oddity(before, letter, after))
                weight += len(written)
            before = letter
    return total / weight + page.prior if weight else 0.0


def _oddity(before: str, letter: str, after: str) -> float:
    """How unlikely a letter is between its neighbours: a capital in a word, an accent alone, another alphabet."""
    odd = 0.0
    if letter.isupper() and before.islower():
        odd += 1.0
    if letter.islower() and len(before) == 1 and before.isupper() and after.isupper():
        odd += 0.5
    if letter in _FINAL_FORMS and after.isalpha():
        odd += 0.5
    latin = _is_latin(letter)
    for other in (before, after):
        if other.isalpha():
            if latin and not other.isascii():
                odd += 0.25  # two letters with accents in a row: French and Vietnamese, seldom elsewhere
            elif not latin and ord(letter) < 0x2E80 and _is_latin(other):
                odd += 0.5
    return odd


def _is_latin(letter: str) -> bool:
    return letter.isascii() or ((ord(letter) < 0x250 or 0x1E00 <= ord(letter) < 0x1F00) and letter.isalpha())


def _alphabet(common: str) -> Commonness:
    """For single bytes: the letters of a language, by their frequency; a Latin one's that are not in ASCII."""
    decay = 0.3 if len(common) < 20 else 1.2  # in a whole alphabet, rare letters are far rarer
    ranks = {letter: 1.0 - decay * rank / len(common) for rank, letter in enumerate(common)}

    def commonness(letter: str, _: bytes) -> float:
        lower = letter if letter in ranks else letter.lower()
        if lower in ranks:
            return ranks[lower] - 0.1 * letter.isupper()
        return -0.2 if letter.isalpha() else -0.4 if letter in "№«»–—“”„’…°·" else -1.0

    return commonness


def _ideographs(common: str, usual: tuple[int, int], rare: tuple[int, int], signs: tuple[int, int]) -> Commonness:
    """For double bytes: the ``common`` ones; and by ranges of the first byte the usual ones, the rare ones, signs."""
    frequent = frozenset(common)

    def commonness(letter: str, written: bytes) -> float:
        if letter in frequent:
            return 1.0
        if len(written) != 2:
            return -0.3
        if usual[0] <= written[0] <= usual[1] and (written[1] >= 0xA1 or usual[0] < 0xB0):
            return 0.6
        if rare[0] <= written[0] <= rare[1] and (written[1] >= 0xA1 or rare[0] < 0xD0):
            return 0.0
        return 0.2 if signs[0] <= written[0] <= signs[1] else -0.5

    return commonness


def _japanese() -> Commonness:
    kanji = _ideographs(_JAPANESE, (0x88, 0x97), (0x98, 0xEA), (0x81, 0x82))

    def commonness(letter: str, written: bytes) -> float:
        if "\u3041" <= letter <= "\u30fe":
            return 1.0
        return 0.1 if len(written) == 1 and letter.isalpha() else kanji(letter, written)

    return commonness


def _pages(codecs: Sequence[str], alphabets: Sequence[str], prior: float = 0.0) -> list[_CodePage]:
    """A candidate for each codec and language; of codecs that fit alike, the first."""
    return [
        _CodePage(codec, _alphabet(alphabet), prior - 0.06 * rank)
        for rank, codec in enumerate(codecs)
        for alphabet in alphabets
    ]


_CODE_PAGES: Final = (
    _CodePage("cp932", _japanese()),
    _CodePage("gb18030", _ideographs(_SIMPLIFIED, (0xB0, 0xD7), (0xD8, 0xF7), (0xA1, 0xA3)), 0.05),
    _CodePage("cp949", _ideographs(_KOREAN, (0xB0, 0xC8), (0xCA, 0xFD), (0xA1, 0xA3))),
    _CodePage("cp950", _ideographs(_TRADITIONAL, (0xA4, 0xC6), (0xC9, 0xF9), (0xA1, 0xA3))),
    *_pages(("cp866", "cp1251", "koi8_u"), (_RUSSIAN, _UKRAINIAN), 0.05),
    *_pages(("cp850", "cp437", "cp1252"), _WESTERN, 0.02),
    *_pages(("cp852", "cp1250"), _CENTRAL),
    *_pages(("cp857", "cp1254"), (_TURKISH,)),
    *_pages(("cp775", "cp1257"), (_LITHUANIAN, _LATVIAN, _ESTONIAN)),
    *_pages(("cp737", "cp1253"), (_GREEK,)),
    *_pages(("cp862", "cp1255"), (_HEBREW,)),
    *_pages(("cp720", "cp1256"), (_ARABIC,)),
    *_pages(("cp874",), (_THAI,)),
)
