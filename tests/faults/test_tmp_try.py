def test_x(ledger_world):
    import time
    t=time.time()
    ledger_world.department("labour")
    print("open", time.time()-t)
