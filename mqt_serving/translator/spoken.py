"""How people say values that are stored otherwise: "women" for `F`, "French" for `France`. Pure.

Only for values that are stored in this database; which of two readings is meant is learned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from mqt_serving.translator.words import stem

_FEMALE: Final = "female woman women girl lady ladies"
_MALE: Final = "male man men boy gentleman gentlemen"
_SEXES: Final = {"f": _FEMALE, "female": _FEMALE, "m": _MALE, "male": _MALE}
_DEMONYMS: Final = """
Afghanistan: Afghan; Argentina: Argentinian Argentine; Australia: Australian; Austria: Austrian
Belgium: Belgian; Brazil: Brazilian; Bulgaria: Bulgarian; Canada: Canadian; Chile: Chilean
China: Chinese; Colombia: Colombian; Croatia: Croatian; Cuba: Cuban; Czech Republic: Czech
Denmark: Danish; Egypt: Egyptian; Estonia: Estonian; Ethiopia: Ethiopian; Finland: Finnish
France: French; Germany: German; Greece: Greek; Hungary: Hungarian; Iceland: Icelandic
India: Indian; Indonesia: Indonesian; Iran: Iranian; Iraq: Iraqi; Ireland: Irish; Israel: Israeli
Italy: Italian; Jamaica: Jamaican; Japan: Japanese; Kenya: Kenyan; South Korea: Korean
Latvia: Latvian; Lithuania: Lithuanian; Malaysia: Malaysian; Mexico: Mexican; Morocco: Moroccan
Netherlands: Dutch; New Zealand: Zealander; Nigeria: Nigerian; Norway: Norwegian
Pakistan: Pakistani; Peru: Peruvian; Philippines: Filipino; Poland: Polish; Portugal: Portuguese
Romania: Romanian; Russia: Russian; Saudi Arabia: Saudi; Scotland: Scottish; Serbia: Serbian
Singapore: Singaporean; Slovakia: Slovak; Slovenia: Slovenian; South Africa: African
Spain: Spanish; Sweden: Swedish; Switzerland: Swiss; Thailand: Thai; Tunisia: Tunisian
Turkey: Turkish; UK: British; United Kingdom: British; England: English; Great Britain: British
Ukraine: Ukrainian; Uruguay: Uruguayan; USA: American; US: American; United States: American
United States of America: American; Venezuela: Venezuelan; Vietnam: Vietnamese; Wales: Welsh
Africa: African; Asia: Asian; Europe: European; North America: American; South America: American
"""
_SAID: Final[dict[str, tuple[str, ...]]] = {
    place.strip().lower(): tuple(words.split())
    for line in _DEMONYMS.strip().splitlines()
    for place, _, words in (entry.partition(":") for entry in line.split(";"))
}


_CALENDAR: Final = {
    short: word
    for word in (
        "monday tuesday wednesday thursday friday saturday sunday january february march april "
        "june july august september october november december"
    ).split()
    for short in ({word[:3], word[:4], "thurs"} if word == "thursday" else {word[:3], word[:4]})
}


def spoken_stems(values: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(stem of a word, stored value that it may mean) for all values of one field.

    Letters stand for the sexes only where the field holds nothing but them.
    """
    known = list(values)
    sexes = all(len(value) > 1 or value.lower() in "fmox?" for value in known) and len(known) <= 6
    for value in known:
        low = value.lower()
        words = _SEXES.get(low, "").split() if sexes else ()
        calendar = (_CALENDAR[low],) if low in _CALENDAR else ()
        for word in (*words, *calendar, *_SAID.get(low, ())):
            if (found := stem(word)) != stem(low):
                yield found, value
