"""Simulated tickets: the published counts of Liaoning, given back as ticket-level feeds.

No ticket-level data of a transport hotline are public. This package makes them from what is: every count that
Liaoning published for September 2024 is met to the ticket, August 2024 and September 2023 follow from the published
growth rates, and everything below a count (times, texts, people, companies) is invented.

``allocation``   how many tickets each platform, type, category and sub-category has
``numbering``    running numbers through the nine published ones
``lifecycle``    the life of a block of tickets: ``closing`` (when they are closed), ``aftercare`` (what follows)
``lives``        that life as arrays; ``steps`` are its columns
``fabrication``  what dishonest platforms do to it, with the truth kept aside
``repeats``      callers who ring again while their matter is open
``incidents``    one matter that many call about on a day
``units``        who handles a ticket; ``districts`` and ``companies`` that it is about
``registers``    units and companies of each platform as feeds
``province``     outages, dial tests and inspections, which the province sends
``texts``        phrases; ``wording`` and ``results`` choose among them
``render``       arrays as data frames
``delivery``     which rows come on which day: ``versions`` of a ticket, ``corrections``
``writer``       CSV feeds into the landing folder
"""
