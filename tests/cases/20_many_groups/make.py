import random
import sys

random.seed(3)
print("speaker_id,errors,words,accent")
for a in range(int(sys.argv[1])):
    for s in range(25):
        print(f"a{a}s{s},{random.randint(0, 6)},20,accent {a}")
