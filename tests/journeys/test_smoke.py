from .conftest import PHONE
import time
def test_smoke(stage, enter):
    t=time.time()
    print(stage.set_scene("respondents")); print(time.time()-t)
    page=enter(**PHONE); page.goto("/account/login/"); page.screenshot(path="/tmp/a.png")
