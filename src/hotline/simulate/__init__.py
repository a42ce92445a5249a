"""Simulated tickets: the published counts of Liaoning, given back as ticket-level feeds.

No ticket-level data of a transport hotline are public. This package makes them from what is: every count that
Liaoning published for September 2024 is met to the ticket, August 2024 and September 2023 follow from the published
growth rates, and everything below a count (times, texts, people, companies) is invented.

``allocation``   how many tickets each platform, type, category and sub-category has
``numbering``    running numbers through the nine published ones
``lifecycle``    events and times of a ticket
``fabrication``  what dishonest platforms do to them, with the truth kept aside
``registers``    units and companies of each platform
``province``     outages, dial tests and inspections, which the province sends
``texts``        Chinese request and closing texts
``writer``       CSV feeds into the landing folder
"""
