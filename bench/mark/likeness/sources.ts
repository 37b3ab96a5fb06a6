/**
 * Where photographs and pictures of generators come from: public repositories on GitHub, laid out as a folder by `lay-out.ts`, never committed here.
 * Labels rest on what can be trusted: a camera's Exif, a generator's own note in the file, a repository that holds nothing else.
 */
export interface Source {
  readonly name: string;
  readonly kind: "photograph" | "generated";
  /** `test`: nothing of it was learnt from. Photographs and pictures that were made to look like them, side by side as their `set`. */
  readonly part: "learn" | "test";
  readonly set?: "game" | "quiz" | "pairs";
  /** owner/name */
  readonly repositories: readonly string[];
  readonly paths: RegExp;
  /** `camera`: Exif names a maker and an exposure. `flux`: Exif's maker is the generator. `comfy`: a PNG that holds the workflow that made it. */
  readonly proof?: "camera" | "flux" | "comfy";
  /** `quarter`: a sheet of two by two pictures, of which one is taken. */
  readonly cut?: "quarter";
  /** Pictures taken at most, spread over the list. */
  readonly most: number;
}

export const sources: readonly Source[] = [
  {
    name: "cameras",
    kind: "photograph",
    part: "learn",
    repositories: ["drewnoakes/metadata-extractor-images", "ianare/exif-samples", "immich-app/test-assets"],
    paths: /\.jpe?g$/i,
    proof: "camera",
    most: 40,
  },
  {
    name: "scenes",
    kind: "photograph",
    part: "learn",
    repositories: ["alicevision/dataset_monstree", "openMVG/ImageDataset_SceauxCastle", "jsilland/photos"],
    paths: /\.jpe?g$/i,
    proof: "camera",
    most: 12,
  },
  {
    name: "portfolio",
    kind: "photograph",
    part: "learn",
    repositories: ["beauwoods/photo-portfolio"],
    paths: /\.jpe?g$/i,
    most: 30,
  },
  {
    name: "imagenet",
    kind: "photograph",
    part: "learn",
    repositories: ["EliSchwartz/imagenet-sample-images"],
    paths: /\.jpe?g$/i,
    most: 30,
  },
  {
    name: "berkeley",
    kind: "photograph",
    part: "learn",
    repositories: ["BIDS/BSDS500"],
    paths: /\.jpg$/i,
    most: 30,
  },
  {
    name: "urban",
    kind: "photograph",
    part: "learn",
    repositories: ["jbhuang0604/SelfExSR"],
    paths: /Urban100\/image_SRF_4\/.*HR\.png$/,
    most: 30,
  },
  {
    name: "clothing",
    kind: "photograph",
    part: "learn",
    repositories: ["alexeygrigorev/clothing-dataset-small"],
    paths: /\.jpe?g$/i,
    most: 20,
  },
  {
    name: "gpt-image-1",
    kind: "generated",
    part: "learn",
    repositories: ["jamez-bondos/awesome-gpt4o-images"],
    paths: /^(cases|gpt-image-1)\/.*\.png$/i,
    most: 30,
  },
  {
    name: "gemini-2.5-flash-image",
    kind: "generated",
    part: "learn",
    repositories: ["PicoTrex/Awesome-Nano-Banana-images"],
    paths: /output[^/]*\.(png|jpe?g)$/i,
    most: 30,
  },
  {
    name: "comfyui",
    kind: "generated",
    part: "learn",
    repositories: ["comfyanonymous/ComfyUI_examples", "usernameisntemail/comfyui-workflows"],
    paths: /\.png$/i,
    proof: "comfy",
    most: 30,
  },
  {
    name: "flux",
    kind: "generated",
    part: "learn",
    repositories: ["mehmeteminyildiz/ai_images"],
    paths: /\.jpe?g$/i,
    proof: "flux",
    most: 30,
  },
  {
    name: "stylegan-faces",
    kind: "generated",
    part: "learn",
    repositories: ["hmdghoul/generated-faces"],
    paths: /\.jpe?g$/i,
    most: 24,
  },
  {
    name: "stable-diffusion",
    kind: "generated",
    part: "learn",
    repositories: ["SupaGruen/StableDiffusion-CheatSheet"],
    paths: /^img\/.*\.webp$/i,
    cut: "quarter",
    most: 24,
  },
  {
    name: "dall-e-2",
    kind: "generated",
    part: "learn",
    repositories: ["richartkeil/ai-art-gallery"],
    paths: /creations\/images\/.*\.webp$/i,
    most: 30,
  },
  {
    name: "midjourney",
    kind: "generated",
    part: "learn",
    repositories: ["yukittm/midjourney-explore"],
    paths: /\/01\.jpg$/i,
    most: 24,
  },
  {
    name: "seedream",
    kind: "generated",
    part: "learn",
    repositories: ["Evolink-AI/awesome-seedream-5-pro-guide-and-prompt"],
    paths: /\.png$/i,
    most: 24,
  },
  {
    name: "quiz-real",
    kind: "photograph",
    part: "test",
    set: "quiz",
    repositories: ["kurlyto/ai-or-not"],
    paths: /\/realistic\/real\/.*\.jpg$/,
    most: 50,
  },
  {
    name: "quiz-ai",
    kind: "generated",
    part: "test",
    set: "quiz",
    repositories: ["kurlyto/ai-or-not"],
    paths: /\/(realistic|nature|architecture|portrait)\/ai\/.*\.jpg$/,
    most: 50,
  },
  {
    name: "pairs-human",
    kind: "photograph",
    part: "test",
    set: "pairs",
    repositories: ["kaivalyagandhi/ai-or-not-game"],
    paths: /\/pair\d+-human\.(png|jpe?g)$/,
    most: 50,
  },
  {
    name: "pairs-ai",
    kind: "generated",
    part: "test",
    set: "pairs",
    repositories: ["kaivalyagandhi/ai-or-not-game"],
    paths: /\/pair\d+-ai\.(png|jpe?g)$/,
    most: 50,
  },
  {
    name: "game-real",
    kind: "photograph",
    part: "test",
    set: "game",
    repositories: ["Laboratoriet/real-or-ai-game"],
    paths: /\/real\/.*\.jpe?g$/i,
    most: 50,
  },
  {
    name: "game-ai",
    kind: "generated",
    part: "test",
    set: "game",
    repositories: ["Laboratoriet/real-or-ai-game"],
    paths: /\/ai\/.*\.jpe?g$/i,
    most: 50,
  },
];
