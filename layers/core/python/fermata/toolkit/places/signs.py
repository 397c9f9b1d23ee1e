"""Words that say whether a name is meant as a place."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


CUES = _words(
    """
    in at near from to into through via around outside between toward towards across of for visit visited
    visiting reach reached leave left leaving beyond within off over throughout above under until till arrive
    arrived nach aus bei von bis über um zu zwischen en a au aux à de depuis vers chez dans sur par para desde
    hasta entre por em no na do da di w we z ze ku pod nad
    """
)
"""After these a name is a place as a rule."""

MODIFIERS = _words(
    """
    north south east west northern southern eastern western northeast northwest southeast southwest
    northeastern northwestern southeastern southwestern central upper lower greater inner outer downtown old
    new modern ancient medieval nearby neighbouring neighboring rural urban metropolitan historic mainland
    colonial imperial roman sunny city town county state capital port island
    """
)
"""They may stand before a place without being part of its name."""

WHOLES = _words(
    """
    university college school institute airport station street road avenue square bridge river valley bay
    harbour harbor port museum gallery hospital council cathedral church castle palace park county province
    district region prefecture state city metro agreement treaty accord protocol convention declaration
    conference festival marathon times post stock exchange symphony orchestra philharmonic zoo tower library
    market basin plain coast metropolitan general international central national royal olympic olympics summit
    summer winter
    """
)
"""What is called after the place that it is in."""

TITLES = _words(
    """
    mr mrs ms miss dr prof professor sir lord lady president chancellor senator governor captain general
    colonel king queen prince princess saint aunt uncle father sister brother herr frau monsieur madame señor
    señora pan pani
    """
)
"""After these a name is a person's."""

PLAIN_WORDS = _words(
    """
    a an and are as at be been but by can do for from had has have he her his how i if in is it its may me
    more most my no not of on one or our out she so than that the their them then there these they this to two
    up us was we were what when where which who why will with you your nice reading bath mobile split orange
    deal sandwich battle rugby hull cork buffalo male march june april august bay best big bright broken brook
    cape central century chance charm clay cliff cross date east eden enterprise eureka euless fair falls
    ferry force garden gary gates golden grand grant green grove harvey hope independence industry jackson
    lake long marion mason mercy mission monday moon mule much north norman nova ogden opportunity paradise
    park pearl perry polo post price progress queens rich river rock apple sale salt sandy santa selma severn
    south spring star stone sunrise superior surprise temple troy university union van vista west wells wing
    young man police sunday english god sur love light same data page chapter section figure table media video
    see pop bar basic beta brand camp cent clara come corona depot diamond elk heart imperial ion jasper kitty
    lee liberal manual many meet name open opera os pace pan pure round rum set smart square sun time trim
    vale war wise wood
    """
)
"""Names of places that are words of their own; they need a sign that a place is meant."""
