from multiprocessing import Process
import json,os,time

def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))

def task(name):
    print('%s is piaoing' %name)
    time.sleep(1)
    print('%s is piao end' %name)

if __name__ == '__main__':
    p=Process(target=task,args=('egon',))
    p.daemon=knob("daemon", True) #一定要在p.start()前设置
    p.start()
    if knob("join", False):
        p.join()
    time.sleep(knob("pause", 0.3))
    print('主......')
