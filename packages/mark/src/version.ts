/** Version of the writer, as it stands in the marks. Kept equal to package.json by a test. */
export const version = "0.1.0";
