# Writes tokenizers.json with Hugging Face's own tokenizers (pip install tokenizers==0.23.2): texts, ids and decoded texts by kind.
# Then: npx biome check --write packages/lab/vectors
import json, pathlib, random, tokenizers
from tokenizers import Tokenizer, models, trainers, pre_tokenizers, decoders, normalizers
print(tokenizers.__version__)
random.seed(5)
stems="sun moon river stone wind cold dark light over under turn burn learn she he they we'll don't it's walk run running sea season sing singing song long strong along 北京 上海 海上 生明月 naïve café 😀 👩‍👩‍👧 don’t 42 2024 x1 __init__ ()=>{} ... !? ﬁ".split(" ")
seps=[" "]*12+["\n","  ","\n\n","\t","\r\n",", ",". ","\u00a0","\u3000"]
corpus="".join(random.choice(stems)+random.choice(seps) for _ in range(4000))
corpus+="aaaa aaaaa aaaaaa abababab aaaa "*9
probes=["", " ", "a", "\n\n\n x", "Hello, world! It's 2024.", "aaaaaaa abab", "  two  spaces ", "singing along the strong river's season", "海上生明月，天涯共此時。", "👩‍👩‍👧 café naïve\u0085\u00a0x\ufeffy", "tab\t\ttab\r\n\r\nline \n", "0123456789 1٣४", "we'LL DON'T don't", "\u0000\u007f\u0301x", "a<|end|>b<|end|><|end|> c"]
T=Tokenizer(models.BPE())
T.pre_tokenizer=pre_tokenizers.ByteLevel(add_prefix_space=False)
T.decoder=decoders.ByteLevel()
T.train_from_iterator([corpus], trainers.BpeTrainer(vocab_size=600, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
trained=json.loads(T.to_str())
T.add_special_tokens(["<|end|>"])
out={"madeBy":"Hugging Face tokenizers "+tokenizers.__version__,"corpus":corpus,
 "merges":trained["model"]["merges"],"vocab":trained["model"]["vocab"],
 "byteLevel":{"json":None,"cases":[]}}
def cases(T, extra=[]): return [{"text":t,"ids":T.encode(t,add_special_tokens=False).ids,"back":T.decode(T.encode(t,add_special_tokens=False).ids,skip_special_tokens=False)} for t in probes+extra]
out["byteLevel"]["cases"]=cases(T)
# Llama 2-like: Prepend+Replace normalizer, byte fallback
specials=["<unk>","<s>","</s>"]
L=Tokenizer(models.BPE(unk_token="<unk>",fuse_unk=True,byte_fallback=True))
tr=trainers.BpeTrainer(vocab_size=560,special_tokens=specials+["<0x%02X>"%b for b in range(256)],show_progress=False,limit_alphabet=60)
L.normalizer=normalizers.Sequence([normalizers.Prepend("▁"),normalizers.Replace(" ","▁")])
# train on whole words so that merges exist
W=Tokenizer(models.BPE(unk_token="<unk>",fuse_unk=True,byte_fallback=True))
W.normalizer=L.normalizer
W.pre_tokenizer=pre_tokenizers.Metaspace(replacement="▁",prepend_scheme="never")
W.train_from_iterator([corpus],tr)
j=json.loads(W.to_str())
for t in j["added_tokens"]:
    t["special"]=t["content"] in specials
j["added_tokens"]=[t for t in j["added_tokens"] if t["special"]]
j["pre_tokenizer"]=None
j["decoder"]={"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}
j["post_processor"]={"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":1}}],"special_tokens":{"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]}}}
L=Tokenizer.from_str(json.dumps(j))
out["llama2"]={"json":json.loads(L.to_str()),"cases":cases(L,["<s>Hello</s> world","x<s>y"]),"framed":L.encode("the sun").ids}
# Metaspace variant, prepend first, split off
for k,scheme,split in (("metaspaceFirst","first",False),("metaspaceAlways","always",True)):
    m=json.loads(json.dumps(j)); m["normalizer"]=None
    m["pre_tokenizer"]={"type":"Metaspace","replacement":"▁","prepend_scheme":scheme,"split":split}
    m["decoder"]={"type":"Sequence","decoders":[{"type":"ByteFallback"},{"type":"Metaspace","replacement":"▁","prepend_scheme":scheme,"split":split}]}
    if k=="metaspaceFirst": m["model"]["fuse_unk"]=False
    else:
        m["model"]["byte_fallback"]=False
    m=Tokenizer.from_str(json.dumps(m))
    out[k]={"pre_tokenizer":json.loads(m.to_str())["pre_tokenizer"],"decoder":json.loads(m.to_str())["decoder"],"fuse":k!="metaspaceFirst","fallback":k=="metaspaceFirst","cases":cases(m,["<s>Hello</s> world","x<s>y"])}
# Llama 3-like: GPT-4 pattern, ignore_merges
g=json.loads(T.to_str())
pat="(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
g["pre_tokenizer"]={"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":pat},"behavior":"Isolated","invert":False},{"type":"ByteLevel","add_prefix_space":False,"trim_offsets":True,"use_regex":False}]}
g["model"]["ignore_merges"]=True
G=Tokenizer.from_str(json.dumps(g))
out["llama3"]={"pre_tokenizer":json.loads(G.to_str())["pre_tokenizer"],"cases":cases(G)}
out["byteLevel"]["added_tokens"]=json.loads(T.to_str())["added_tokens"]
del out["byteLevel"]["json"]
open(str(pathlib.Path(__file__).with_name("tokenizers.json")),"w").write(json.dumps(out,ensure_ascii=False,separators=(",",":")))
