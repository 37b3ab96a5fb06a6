export type * from "./contract.ts";
export { type Job, type Jobs, jobSilence, openJobs, type StoredJob } from "./jobs.ts";
export { openLedger } from "./ledger.ts";
export { openText, sealText } from "./seal-text.ts";
export { TokenBucket } from "./token-bucket.ts";
export { openUploads, type Upload, type Uploads } from "./uploads.ts";
