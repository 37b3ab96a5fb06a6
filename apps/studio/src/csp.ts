import { config } from "zod";

// First of all imports: zod would otherwise try `new Function` once, which a strict Content-Security-Policy
// refuses and reports.
config({ jitless: true });
