export { type BlobCredentials, type BlobOptions, openBlobs } from "./blobs.ts";
export type * from "./contract.ts";
export { type DatabaseOptions, openDatabase } from "./database.ts";
export { lockFolder } from "./lock.ts";
export { type Migration, migrate } from "./migrate.ts";
