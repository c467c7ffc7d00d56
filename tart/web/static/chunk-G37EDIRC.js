function l(e){if(!e.length)return null;let n=[...e].sort((r,o)=>r-o),t=n.length>>1;return n.length%2?n[t]:(n[t-1]+n[t])/2}export{l as a};
