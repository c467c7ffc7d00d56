import{a as R}from"./chunk-7KWKPRJ3.js";import{a as D}from"./chunk-V74R4PZ6.js";import"./chunk-OYJLUT6D.js";import{b as I,c as V}from"./chunk-QLZ46DTY.js";import"./chunk-A5KFDUZV.js";import{b as u}from"./chunk-HZVHJNCT.js";import{a as F}from"./chunk-LSKVQWEN.js";import{a as C}from"./chunk-QCITNMUN.js";import{e as A}from"./chunk-IIW3BLOX.js";import{d as h}from"./chunk-5HTXFBE2.js";import{D as p,E,a,m as c}from"./chunk-DYZXLK2B.js";import{d as M,h as j}from"./chunk-NIKDHXBC.js";import{i as m}from"./chunk-37NB6NY5.js";import{k as g,l as i}from"./chunk-QNZ3L47H.js";var q={unreported_block:["block on chain that the node does not report","blocks on chain that the node does not report"],unknown_block:["block that the node alone knows","blocks that the node alone knows"],foreign_block:["block of another validator claimed","blocks of other validators claimed"],unreported_guarantee:["guarantee on chain that the node does not report","guarantees on chain that the node does not report"],unknown_guarantee:["guarantee that the node alone knows","guarantees that the node alone knows"],unreported_assurance:["assurance on chain that the node does not report","assurances on chain that the node does not report"],unknown_assurance:["assurance that no other node received","assurances that no other node received"],missing_assurance:["assurance missing on chain","assurances missing on chain"],outline_differs:["block reported with other numbers than on chain","blocks reported with other numbers than on chain"],gas_differs:["block reported with other gas than on chain","blocks reported with other gas than on chain"]};function b({kind:n,count:t}){let[s,o]=q[n]??[n.replaceAll("_"," "),n.replaceAll("_"," ")];return`${a(t)} ${t===1?s:o}`}function k(n){let t=new Map;for(let s of[...n].sort((o,e)=>(e.epoch??0)-(o.epoch??0))){let{kind:o,node_id:e,validator:r,epoch:l,count:T,expected:v,probability:N,examples:H}=s,S=`${e} ${o}`,d=t.get(S)??{kind:o,node_id:e,validators:[],epochs:0,first:l,last:l,count:0,expected:null,probability:null,examples:H};r!==null&&!d.validators.includes(r)&&d.validators.push(r),d.first=l,d.epochs+=1,d.count+=T,N!==null&&(d.expected=(d.expected??0)+(v??0),d.probability=Math.max(d.probability??0,N)),t.set(S,d)}return[...t.values()]}function _({first:n,last:t}){return n===t?a(t):`${a(n)} \u2013 ${a(t)}`}function K({expected:n,probability:t}){return t===null?"exact":`${a(n,2)} by chance, p ${t<.001?"below 0.001":a(t,3)}`}function O({subject:n,claimed:t,on_chain:s}){if(n===null)return"";let o=n.replaceAll("_"," ");return t===null&&s===null?o:`${o}: ${a(t)} reported, ${a(s)} on chain`}function z({chain:n,epochs:t,total_findings:s,findings:o}){let e=c(n.compared,"block");if(!n.compared)return{state:"idle",text:`No final block with statistics in this range yet; ${c(n.pending,"block")} younger or not final.`};if(s){let l=new Set(o.map(({node_id:v})=>v)).size;return{state:"warn",text:`${s>o.length?"At least ":""}${c(k(o).length,"finding")} about ${c(l,"node")} on ${e}.`}}let r=Math.max(0,...t.map(({matched:l})=>l));return r?{state:"ok",text:`${c(r,"validator")}: telemetry and chain agree on ${e}.`}:{state:"idle",text:`${e} compared, and no node could be matched with a validator.`}}function W({pending:n,without_statistics:t,irregular:s,forks:o,complete:e}){return[n&&`${c(n,"block")} not final or younger than a minute`,t&&`${c(t,"block")} whose statistics no endpoint had`,s&&`${c(s,"block")} with statistics that do not follow the specification`,o&&`${c(o,"block")} on forks`,!e&&"some final blocks of the range are not known"].filter(Boolean)}var B={disconnected:"was not connected all the time",silent:"was silent for half a minute",dropped:"dropped events",undecodable:"sent events that cannot be decoded",shards:"a shard did not answer"};function x({complete:n,incomplete_reason:t,node_id:s}){return s===null?"no node known":n?"complete":`incomplete: ${B[t??""]??"something is missing"}`}function $({claimed:n,on_chain:t,difference:s}){return n===null?`\u2014 / ${a(t)}`:s===0?a(t):`${a(n)} / ${a(t)}`}function w({blocks:n,guarantees:t,assurances:s,tickets:o,preimages:e}){return[n,t,s,o,e].reduce((r,{difference:l})=>r+Math.abs(l??0),0)}var L=1e3,P=["blocks","guarantees","assurances","tickets","preimages"],J={blocks:"its blocks",guarantees:"its guarantees",other_epoch:"its index in another epoch"};function U(){return i`<${D} tab="chain/reconcile" title="Reconcile" question="Did the nodes do what they say, and say what they did?">
    ${()=>i`<${Q} />`}
  <//>`}function Q(){let n=R(),t=[JSON.stringify(M.value)],s=F("the comparison with the chain",o=>C.chainReconcile({...j(),limit:L},{signal:o}),{every:3e4,deps:t});return i`<${A} answer=${s} lines=${10}>
    ${o=>i`<div class="cards">
      <${X} data=${o} />
      ${o.findings.length>0&&i`<${Y} data=${o} names=${n} />`}
      ${o.validators.length>0&&i`<${ee} data=${o} names=${n} />
        <${te} data=${o} names=${n} />
        <${ne} data=${o} />
        <${oe} data=${o} />
        <${ie} data=${o} />`}
    </div>`}
  <//>`}function X({data:n}){let{state:t,text:s}=z(n),o=W(n.chain);return i`<${u} title="Telemetry and chain" note=${`slots ${a(n.chain.first_slot)} to ${a(n.chain.last_slot)}`}>
    <p class="reconcile-verdict" data-verdict=${t}><b><${p} state=${t} hideWord word=${t==="warn"?"findings":void 0} /> ${s}</b></p>
    ${o.length>0&&i`<p class="muted">Not compared: ${o.join("; ")}.</p>`}
    ${n.unexamined>0&&i`<p class="muted">${c(n.unexamined,"claim")} were too many to search for witnesses of.</p>`}
  <//>`}function f({id:n,names:t}){return n===null?i`<span class="muted" title="No node is known to be this validator">${"\u2014"}</span>`:i`<${I} node=${t.get(n)??{node_id:n}} />`}function Y({data:n,names:t}){let s=g(()=>k(n.findings),[n.findings]),o=n.findings.length<n.total_findings?`newest ${a(n.findings.length)} of ${a(n.total_findings)} by epoch; `:"";return i`<${u}
    title="Findings"
    note=${`${o}differences that nothing but the node explains`}
    flush
  >
    <${h}
      caption="Findings"
      rows=${s}
      rowKey=${e=>`${e.kind} ${e.node_id}`}
      sort="-count"
      sortParameter="findings"
      csv="reconcile-findings"
      height=${420}
      columns=${[{id:"node",title:"Node",value:e=>e.node_id,cell:e=>i`<${f} id=${e.node_id} names=${t} />`,rank:1},{id:"kind",title:"Finding",value:e=>e.kind,cell:e=>i`<${p} state="warn" word=${b(e)} />`,rank:2},{id:"count",title:"Cases",end:!0,value:e=>e.count,cell:e=>a(e.count)},{id:"epoch",title:"Epochs",end:!0,value:e=>e.epochs,saved:_,cell:e=>i`<span title=${_(e)}>${a(e.epochs)}</span>`},{id:"validator",title:"Validator",end:!0,value:e=>e.validators[0]??null,cell:e=>e.validators.map(r=>`#${a(r)}`).join(", ")||"\u2014"},{id:"sure",title:"How sure",value:K},{id:"examples",title:"Example",value:e=>e.examples.map(r=>r.hash).join(" "),cell:e=>i`<${Z} examples=${e.examples} />`,rank:3}]}
    />
  <//>`}function Z({examples:n}){return i`<span class="nowrap">
    ${n.slice(0,1).map(t=>i`<span key=${`${t.hash} ${t.subject}`} title=${O(t)}>
        ${t.slot===null?i`<${V} value=${t.hash} path=${`events?hash=${t.hash}`} />`:i`<a href=${m(`slots/${t.slot}`)}>slot ${a(t.slot)}</a>`}
${" "}<a class="muted" href=${m("events",{hash:t.hash})}>events</a>${"  "}
      </span>`)}
  </span>`}function ee({data:n,names:t}){let s=g(()=>[{id:"validator",title:"Validator",value:e=>e.validator,cell:e=>`#${a(e.validator)}`},{id:"epoch",title:"Epoch",end:!0,value:e=>e.epoch,cell:e=>a(e.epoch)},{id:"node",title:"Node",value:e=>e.node_id,cell:e=>i`<${f} id=${e.node_id} names=${t} />`,rank:1},...P.map(e=>({id:e,title:e,help:"Reported / on chain; one number if both are the same",end:!0,value:r=>Math.abs(r[e].difference??0),saved:r=>`${r[e].claimed??""}/${r[e].on_chain}`,cell:r=>i`<span data-differs=${r[e].difference?"":void 0}>${r[e].difference?i`<b>${$(r[e])}</b>`:$(r[e])}</span>`,rank:e==="blocks"?2:e==="assurances"?3:void 0})),{id:"difference",title:"Differences",help:"Sum of the differences, without their signs",end:!0,value:w,cell:e=>a(w(e))},{id:"complete",title:"Telemetry",value:x,cell:e=>i`<${p} state=${e.complete?"ok":"idle"} word=${x(e)} />`}],[t]),o=n.validators.length<n.total_validators?`newest ${a(n.validators.length)} of ${a(n.total_validators)}`:c(n.total_validators,"row");return i`<${u} title="Validators by epoch" note=${`${o}; reported / on chain. A difference is not an accusation: telemetry may be lost, an assurance late.`} flush>
    <${h}
      caption="Validators by epoch"
      rows=${n.validators}
      rowKey=${e=>`${e.epoch} ${e.validator}`}
      sort="-difference"
      csv="reconcile-validators"
      height=${480}
      columns=${s}
    />
  <//>`}function te({data:n,names:t}){let s=n.epochs[0];if(!s)return null;let o=s.validators_without_telemetry;return i`<${u} size="half" title="Which node is which validator" note=${`epoch ${a(s.epoch)}, by evidence`}>
    <dl class="pairs">
      <dt>Matched</dt>
      <dd>${a(s.matched)} of ${s.validators===null?"\u2014":c(s.validators,"validator")}${Object.entries(s.by_evidence).map(([e,r])=>i`<span key=${e} class="muted">; ${a(r)} by ${J[e]??e.replaceAll("_"," ")}</span>`)}</dd>
      <dt>Without telemetry</dt>
      <dd>${o.length?i`${o.slice(0,40).map(e=>`#${a(e)}`).join(", ")}${o.length>40?` and ${a(o.length-40)} more`:""}`:i`<span class="muted">none</span>`}</dd>
      <dt>Nodes not matched</dt>
      <dd>${s.unmatched_nodes.length?i`<span class="node-list">${s.unmatched_nodes.slice(0,12).map(e=>i`<${f} key=${e} id=${e} names=${t} />`)}${s.unmatched_nodes.length>12&&` and ${a(s.unmatched_nodes.length-12)} more`}</span>`:i`<span class="muted">none</span>`}</dd>
      <dt>Contradictions</dt>
      <dd>${s.contradictions.length?s.contradictions.map((e,r)=>i`<div key=${r}>${e.nodes.map(l=>i`<${f} key=${l} id=${l} names=${t} /> `)} as ${e.validators.map(l=>`#${a(l)}`).join(", ")}</div>`):i`<span class="muted">none</span>`}</dd>
    </dl>
  <//>`}function ne({data:n}){let t=o=>({id:o,title:o,end:!0,value:e=>Math.abs(e[o].difference??0),cell:e=>$(e[o])}),s=o=>Object.values(o.findings).reduce((e,r)=>e+Number(r),0);return i`<${u} size="half" title="By implementation" note="reported / on chain" flush>
    <${h}
      caption="Telemetry and chain by implementation"
      rows=${n.implementations}
      rowKey=${o=>`${o.name} ${o.version}`}
      csv="reconcile-implementations"
      height=${260}
      columns=${[{id:"implementation",title:"Implementation",value:o=>`${o.name} ${o.version}`,cell:o=>i`<${E} name=${o.name} version=${o.version} />`,rank:1},{id:"nodes",title:"Nodes",end:!0,value:o=>o.nodes,cell:o=>a(o.nodes),rank:2},t("blocks"),t("guarantees"),t("assurances"),{id:"findings",title:"Cases",end:!0,value:s,cell:o=>i`<span title=${Object.entries(o.findings).map(([e,r])=>b({kind:e,count:Number(r)})).join("; ")}>${a(s(o))}</span>`,rank:3}]}
    />
  <//>`}function G({total:n}){return n.equal?i`<span>${a(n.on_chain)}</span>`:i`<b>${a(n.claimed)} / ${a(n.on_chain)}</b>`}function oe({data:n}){return i`<${u} size="half" title="Cores" note="reported / on chain" flush>
    <${h}
      caption="Telemetry and chain by core"
      rows=${n.cores}
      rowKey=${t=>t.core}
      csv="reconcile-cores"
      height=${260}
      columns=${[{id:"core",title:"Core",value:t=>t.core,cell:t=>i`<a href=${m(`cores/${t.core}`)}>${a(t.core)}</a>`,rank:1},{id:"reports",title:"Reports",end:!0,value:t=>t.reports.on_chain,cell:t=>$(t.reports),rank:2},{id:"gas",title:"Gas",end:!0,value:t=>Number(t.gas.on_chain),cell:t=>i`<${G} total=${t.gas} />`,rank:3},{id:"exports",title:"Exports",end:!0,value:t=>t.exports.on_chain,cell:t=>$(t.exports)}]}
    />
  <//>`}function ie({data:n}){return i`<${u} size="half" title="Services" note="gas of accumulation: the most that a node reports of each block / on chain" flush>
    <${h}
      caption="Telemetry and chain by service"
      rows=${n.services}
      rowKey=${t=>t.service}
      csv="reconcile-services"
      height=${260}
      columns=${[{id:"service",title:"Service",value:t=>t.service,cell:t=>i`<span class="mono">${t.service}</span>`,rank:1},{id:"gas",title:"Gas",end:!0,value:t=>Number(t.gas.on_chain),cell:t=>i`<${G} total=${t.gas} />`,rank:2}]}
    />
  <//>`}export{U as default};
