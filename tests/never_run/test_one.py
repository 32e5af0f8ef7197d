"""What scripts/check_tests.py finds: a test that nobody runs."""


def test_that_is_run():
    pass


def test_that_is_not():
    raise AssertionError("it is run")


test_that_is_run()
