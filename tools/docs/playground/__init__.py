"""The playground page: an order in the visitor's browser, decided by the real machine.

`orders`, `forms`, `buttons`, `story`, `view` and `door` run in the browser, and in the tests as they are.
`packing` makes the archive that brings them there, and `page` is the Sphinx extension that makes the page.
"""
