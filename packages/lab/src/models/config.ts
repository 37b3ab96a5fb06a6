import * as z from "zod";

const size = z
  .int()
  .min(1)
  .max(1 << 24);
const rate = z.number().min(0).max(1);
/** Names of classes, in the order of their numbers; training fills them in. */
const labels = z.array(z.string()).optional();

/** A decoder-only Transformer with Llama's parts: RoPE, RMSNorm, SwiGLU, grouped-query attention (Touvron et al. 2023). */
export const GptConfigSchema = z
  .strictObject({
    kind: z.literal("gpt"),
    vocab: size,
    /** Longest sequence, tokens. */
    context: size,
    layers: size,
    width: size,
    heads: size,
    /** Heads of keys and values; `heads` is a multiple of it. */
    kvHeads: size.optional(),
    /** Width inside the feed-forward block; by default 8/3 of `width`, rounded up to a multiple of 8. */
    hidden: size.optional(),
    ropeTheta: z.number().positive().default(10_000),
    normEps: z.number().positive().default(1e-5),
    /** One matrix for embedding and output. */
    tied: z.boolean().default(true),
    dropout: rate.default(0),
    /** Mixture of experts in each feed-forward block (Switch, GShard): `top` of `count` are used for each token. */
    experts: z
      .strictObject({
        count: size,
        top: size,
        /** Weight of the load-balance loss. */ balance: z.number().min(0).default(0.01),
      })
      .optional(),
  })
  .refine((c) => c.width % c.heads === 0 && (c.width / c.heads) % 2 === 0, "width must be an even multiple of heads")
  .refine((c) => c.heads % (c.kvHeads ?? c.heads) === 0, "heads must be a multiple of kvHeads")
  .refine((c) => c.experts === undefined || c.experts.top <= c.experts.count, "experts.top must not be above experts.count");

/** A bidirectional encoder (BERT, Devlin et al. 2019): masked-token pre-training, and classification when `classes` is set. */
export const BertConfigSchema = z.strictObject({
  kind: z.literal("bert"),
  vocab: size,
  context: size,
  layers: size,
  width: size,
  heads: size,
  hidden: size.optional(),
  normEps: z.number().positive().default(1e-5),
  dropout: rate.default(0),
  /** Share of tokens that are hidden in pre-training. */
  mask: rate.default(0.15),
  /** The token that hides; by default the last of the vocabulary. */
  maskToken: z.int().min(0).optional(),
  classes: size.optional(),
  labels,
});

const PictureSchema = z.strictObject({ height: size, width: size, channels: size });
/**
 * Columns of a table: numbers (modes of a mixture, as CTGAN) and categories. `mixture` and `shares` are what `fitColumns` finds in the
 * data, so that a configuration and weights are a whole model.
 */
export const ColumnsSchema = z.array(
  z.discriminatedUnion("type", [
    z.strictObject({
      type: z.literal("number"),
      name: z.string(),
      /** At most so many modes. */
      modes: size.default(10),
      /** Digits after the point, of generated numbers. */
      decimals: z.int().min(0).max(20).optional(),
      /** Share of the rows that lack the number; without it none may. */
      missing: rate.optional(),
      mixture: z
        .array(z.strictObject({ share: rate, mean: z.number(), deviation: z.number().positive() }))
        .min(1)
        .optional(),
    }),
    z.strictObject({
      type: z.literal("category"),
      name: z.string(),
      count: size,
      /** How they are written, in the order of their numbers. */
      values: z.array(z.string()).optional(),
      /** Of the rows, for each category. */
      shares: z.array(rate).optional(),
    }),
  ]),
);

/** Variational auto-encoder (Kingma & Welling 2014) of pictures or table rows; `codes` makes it a VQ-VAE (van den Oord et al. 2017). */
export const VaeConfigSchema = z
  .strictObject({
    kind: z.literal("vae"),
    picture: PictureSchema.optional(),
    columns: ColumnsSchema.optional(),
    hidden: size.default(400),
    /** Hidden layers on either side. */
    depth: size.default(1),
    latent: size.default(20),
    /** Of a picture's pixels: chances of ink, or numbers with one learned deviation. */
    likelihood: z.enum(["bernoulli", "gaussian"]).default("bernoulli"),
    /** Weight of the KL term. */
    beta: z.number().min(0).default(1),
    codes: z
      .strictObject({ count: size, /** Weight of the commitment loss. */ commitment: z.number().default(0.25) })
      .optional(),
  })
  .refine((c) => (c.picture === undefined) !== (c.columns === undefined), "exactly one of picture and columns")
  .refine(
    (c) => c.codes === undefined || (c.picture !== undefined && c.picture.height % 4 === 0 && c.picture.width % 4 === 0),
    "codes are of pictures whose sides are multiples of 4",
  );

/** WGAN-GP (Gulrajani et al. 2017) of pictures, or of table rows on a condition (CTGAN, Xu et al. 2019). */
export const GanConfigSchema = z
  .strictObject({
    kind: z.literal("gan"),
    picture: PictureSchema.optional(),
    columns: ColumnsSchema.optional(),
    hidden: size.default(256),
    latent: size.default(64),
    /** Weight of the gradient penalty. */
    penalty: z.number().min(0).default(10),
    /** Critic steps for each generator step. */
    criticSteps: size.default(5),
    /** Class labels as the condition, of pictures. */
    classes: size.optional(),
    labels,
    /** Table rows that the critic judges together (PacGAN, Lin et al. 2018). */
    pac: size.default(1),
    /** Of the Gumbel softmax that makes categories. */
    temperature: z.number().positive().default(0.2),
  })
  .refine((c) => (c.picture === undefined) !== (c.columns === undefined), "exactly one of picture and columns");

/** Flow matching (Lipman et al. 2023) or DDPM (Ho et al. 2020), with classifier-free guidance (Ho & Salimans 2022). */
export const DiffusionConfigSchema = z.strictObject({
  kind: z.literal("diffusion"),
  objective: z.enum(["flow", "ddpm"]).default("flow"),
  picture: PictureSchema,
  /** Pixels on a side of one token. */
  patch: size,
  layers: size,
  width: size,
  heads: size,
  classes: size.optional(),
  labels,
  /** Chance that training drops the condition. */
  drop: rate.default(0.1),
  /** Noise levels of DDPM. */
  levels: size.default(1000),
});

/** Vision Transformer (Dosovitskiy et al. 2021): classification, or with `text` one half of a dual encoder (CLIP, Radford et al. 2021). */
export const VitConfigSchema = z.strictObject({
  kind: z.literal("vit"),
  picture: PictureSchema,
  patch: size,
  layers: size,
  width: size,
  heads: size,
  hidden: size.optional(),
  /** What stands for the picture: the mean of its tokens, or a token of its own before them. */
  pool: z.enum(["mean", "token"]).default("mean"),
  classes: size.optional(),
  labels,
  /** Makes it a dual encoder: a text tower beside, both ending in `embedding` dimensions. */
  text: z.strictObject({ vocab: size, context: size, layers: size, width: size, heads: size, embedding: size }).optional(),
});

/** Every model of the Lab with every hyper-parameter. */
export const ModelConfigSchema = z.discriminatedUnion("kind", [
  GptConfigSchema,
  BertConfigSchema,
  VaeConfigSchema,
  GanConfigSchema,
  DiffusionConfigSchema,
  VitConfigSchema,
]);
export type GptConfig = z.infer<typeof GptConfigSchema>;
export type BertConfig = z.infer<typeof BertConfigSchema>;
export type VaeConfig = z.infer<typeof VaeConfigSchema>;
export type GanConfig = z.infer<typeof GanConfigSchema>;
export type DiffusionConfig = z.infer<typeof DiffusionConfigSchema>;
export type VitConfig = z.infer<typeof VitConfigSchema>;
export type ModelConfig = z.infer<typeof ModelConfigSchema>;
export type Columns = z.infer<typeof ColumnsSchema>;

/** The sizes that follow from a GPT's configuration. `rotation`: RoPE turns the pair (i, i + head/2), as Hugging Face's weights expect. */
export function gptSizes(c: GptConfig) {
  const head = c.width / c.heads;
  const kvHeads = c.kvHeads ?? c.heads;
  const hidden = c.hidden ?? Math.ceil((c.width * 8) / 3 / 8) * 8;
  return { head, kvHeads, kvWidth: kvHeads * head, hidden };
}

/**
 * Names and shapes of a GPT's parameters, Hugging Face's Llama (Mixtral's names with experts). Linear weights are [out, in]. In order:
 * model.embed_tokens.weight [vocab, width]; per layer i under model.layers.i: input_layernorm.weight, self_attn.{q,k,v,o}_proj.weight,
 * post_attention_layernorm.weight, mlp.{gate,up,down}_proj.weight (or block_sparse_moe.gate.weight [count, width] and
 * block_sparse_moe.experts.e.{w1,w3,w2}.weight for gate, up, down); model.norm.weight; lm_head.weight [vocab, width] unless tied.
 */
export function gptShapes(c: GptConfig): Map<string, readonly number[]> {
  const { kvWidth, hidden } = gptSizes(c);
  const shapes = new Map<string, readonly number[]>([["model.embed_tokens.weight", [c.vocab, c.width]]]);
  for (let i = 0; i < c.layers; i++) {
    const layer = `model.layers.${i}.`;
    shapes.set(`${layer}input_layernorm.weight`, [c.width]);
    shapes.set(`${layer}self_attn.q_proj.weight`, [c.width, c.width]);
    shapes.set(`${layer}self_attn.k_proj.weight`, [kvWidth, c.width]);
    shapes.set(`${layer}self_attn.v_proj.weight`, [kvWidth, c.width]);
    shapes.set(`${layer}self_attn.o_proj.weight`, [c.width, c.width]);
    shapes.set(`${layer}post_attention_layernorm.weight`, [c.width]);
    if (c.experts === undefined) {
      shapes.set(`${layer}mlp.gate_proj.weight`, [hidden, c.width]);
      shapes.set(`${layer}mlp.up_proj.weight`, [hidden, c.width]);
      shapes.set(`${layer}mlp.down_proj.weight`, [c.width, hidden]);
    } else {
      shapes.set(`${layer}block_sparse_moe.gate.weight`, [c.experts.count, c.width]);
      for (let e = 0; e < c.experts.count; e++) {
        const expert = `${layer}block_sparse_moe.experts.${e}.`;
        shapes.set(`${expert}w1.weight`, [hidden, c.width]);
        shapes.set(`${expert}w3.weight`, [hidden, c.width]);
        shapes.set(`${expert}w2.weight`, [c.width, hidden]);
      }
    }
  }
  shapes.set("model.norm.weight", [c.width]);
  if (!c.tied) shapes.set("lm_head.weight", [c.vocab, c.width]);
  return shapes;
}
