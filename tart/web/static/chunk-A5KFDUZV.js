var n=new Set;function S(e){if(n.has(e))return;n.add(e);let t=new CSSStyleSheet;t.replaceSync(e),document.adoptedStyleSheets.push(t)}export{S as a};
