var s=`/* Pages of blocks and slots. */

.stack {
  display: flex;
  flex-direction: column;
  gap: var(--space-4);
}

/* As high as a strip, so that nothing moves when it comes. */
.slot-around {
  min-height: 162px;
}

.block-pairs {
  margin-top: var(--space-3);
}

.node-list {
  display: flex;
  flex-wrap: wrap;
  gap: var(--space-2) var(--space-4);
  margin: 0;
  padding: 0;
  list-style: none;
}

.stage-titles {
  display: flex;
  color: var(--text-3);
  font-size: 11px;
  line-height: 14px;
}

.stage-titles span {
  flex: 1 1 0;
  min-width: 0;
  padding-top: 2px;
  overflow-wrap: anywhere;
  text-align: center;
}
`;export{s as a};
