/** Styles of a page, imported as text; without the attribute they go into the page's one file. */
declare module "*.css" {
  const text: string;
  export default text;
}
